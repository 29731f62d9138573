/** An index behind the relay. */
export interface RelayIndex {
  /** Its URL, with its credentials; undefined where it is a folder of the host. */
  readonly url: string | undefined
  /** The folder of the host that holds it; undefined where it is on a server. */
  readonly folder: string | undefined
  /** Its name in messages, without credentials. */
  readonly label: string
  readonly isOfficial: boolean
  /** CA certificates in PEM that sign its server's, besides those that the host trusts. */
  readonly ca?: string
  /** The certificate in PEM by which it knows its clients, and its key; one may hold both. */
  readonly clientCert?: string
  readonly clientKey?: string
  /** Whether its server's certificate is not verified. */
  readonly trusted?: boolean
  /** The projects that are asked here and nowhere else: normalised names, `*` for any characters. */
  readonly projects?: readonly string[]
  /** The projects that are not asked here: as `projects`. */
  readonly exclude?: readonly string[]
  /** Files that were uploaded after this instant (ISO 8601) are not there. */
  readonly excludeNewer?: string
}

/** What the relay is told when it starts, as JSON on its standard input. */
export interface RelayConfig {
  /** The indexes in pip's order. */
  readonly indexes: readonly RelayIndex[]
  /** The variables by which it reaches servers: proxies and CA certificates, as pip names them. */
  readonly environment: Readonly<Record<string, string>>
  /** What becomes of an index that stays down: it has no project from then on, it is asked each time, or all ends. */
  readonly unreachable: 'drop' | 'keep' | 'fail'
  /** How often a request is tried again. */
  readonly retries: number
  /** Hosts whose certificates are not verified, each `host` or `host:port`. */
  readonly trustedHosts: readonly string[]
  /** The folder of the host in which downloads are kept; undefined to keep none. */
  readonly fill: string | undefined
  /** disk-image-create: the relay ends when it has ended. `startTime` as in field 22 of proc_pid_stat(5). */
  readonly build: { readonly pid: number; readonly startTime: string }
  /** The file that is the build's log, opened for each line. */
  readonly logFile: string
}

/** What the relay answers, as one line of JSON on its standard output: where it listens, or why it does not. */
export type RelayAnswer =
  | {
      /** The URL below which it answers: its random path is a credential. */
      readonly base: string
      /** The URLs of the indexes, in the order of the configuration. */
      readonly indexes: readonly string[]
    }
  | { readonly error: string }

/** What the relay has kept so far: the answer to `GET base/-/status` and to `POST base/-/end`. */
export interface RelayStatus {
  /** The folder that it fills, on the host; null where it fills none. */
  readonly folder: string | null
  /** How many files it has put into the folder. */
  readonly keptFiles: number
  /** Their size, in bytes. */
  readonly keptBytes: number
}
