import type { Process } from '../base/build.js'
import type { Arrival } from '../receipt/bill.js'
import type { Index } from '../settings/index-list.js'

/** What the relay is told when it starts, as JSON on its standard input. */
export interface RelayConfig {
  /** The indexes in pip's order, those that are absent too. */
  readonly indexes: readonly Index[]
  /** All that the user names, also what is left out while it is down; `indexes` if undefined. */
  readonly named?: readonly Index[]
  /** The variables by which it reaches servers: proxies and CA certificates, as pip names them. */
  readonly environment: Readonly<Record<string, string>>
  /** What becomes of an index that is down: it has no project until it answers again, it is asked each time, or all ends. */
  readonly unreachable: 'drop' | 'keep' | 'fail'
  /** Hosts whose certificates are not verified, each `host` or `host:port`. */
  readonly trustedHosts: readonly string[]
  /** The local mirror, which folders of indexes are in: their links may lead anywhere in it. */
  readonly mirror?: string | undefined
  /** The folder of the host in which downloads are kept; undefined to keep none. */
  readonly fill: string | undefined
  /** Whether what comes into the build is recorded. */
  readonly receipt?: boolean | undefined
  /** The files that the build gets, and no others; undefined for whatever the indexes have. */
  readonly lock?: readonly Arrival[] | undefined
  /** Whether pages and metadata are fetched before an installer asks; if not told, yes. */
  readonly ahead?: boolean | undefined
  /** disk-image-create: the relay ends when it has ended. */
  readonly build: Process
  /** The image's root while it is built, on the host: processes below it are of this build. */
  readonly imageRoot: string
  /** How long its patience is, against what its constants say: 1, and less in tests. */
  readonly tempo?: number
  /** The file that is the build's log, opened for each line. */
  readonly logFile: string
}

/** What the relay answers, as one line of JSON on its standard output: where it listens, or why it does not. */
export type RelayAnswer =
  | {
      /** The URL by which it is asked (GET: RelayStatus) and ended (POST): it has a secret that installers do not know. */
      readonly control: string
      /** What installers are told: the relay's own URLs, and nothing of what is behind them. */
      readonly indexes: readonly Index[]
    }
  | { readonly error: string }
  /** What the user has to fix. */
  | { readonly refused: string }

/** What the relay has done so far. */
export interface RelayStatus {
  /** The folder that it fills, on the host; null if it fills none. */
  readonly folder: string | null
  /** How many files it has put into the folder. */
  readonly keptFiles: number
  /** Their size, in bytes. */
  readonly keptBytes: number
  /** Why everything is refused by now (DIB_PYPI_UNREACHABLE=fail); null if nothing is. */
  readonly failure: string | null
  /** What came into the build, if that is recorded. */
  readonly arrivals: readonly Arrival[]
}

/** Bytes as people read them: such as 45 MB. */
const readable = (bytes: number): string =>
  bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`

/**
 * What is said at the end of a build that filled the mirror.
 *
 * @returns The line; undefined if nothing was kept.
 */
export const keptLine = ({ keptFiles, keptBytes, folder }: RelayStatus): string | undefined =>
  keptFiles === 0
    ? undefined
    : `kept ${keptFiles} new file${keptFiles === 1 ? '' : 's'}, ${readable(keptBytes)}, in ${folder}: an offline build can use them`
