import { spawn } from 'node:child_process'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'
import { findBuild, type Process } from '../base/build.js'
import type { Environment } from '../base/command.js'
import { errorMessage, UserError } from '../base/errors.js'
import { parseJson } from '../base/json.js'
import { info, warn } from '../base/log.js'
import type { Arrival } from '../receipt/bill.js'
import type { Index } from '../settings/index-list.js'
import type { PipSettings, Settings } from '../settings/settings.js'

/** What the relay is told when it starts, as JSON on its standard input. */
export interface RelayConfig extends Pick<PipSettings, 'indexes' | 'unreachable'> {
  /** All that the user names, also what is left out while it is down; `indexes` if undefined. */
  readonly named?: readonly Index[]
  /** The variables by which it reaches servers: proxies and CA certificates, as pip names them. */
  readonly environment: Environment
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
  /** What is said of the files that it has kept; undefined if it has kept none. */
  readonly kept?: string | undefined
  /** Why everything is refused by now (DIB_PYPI_UNREACHABLE=fail). */
  readonly failure?: string | undefined
  /** What came into the build, if that is recorded. */
  readonly arrivals: readonly Arrival[]
}

/** How long it may take to answer, in milliseconds: its last writes take up to 10 s. */
const timeoutMs = 15_000

/** Asks the relay what it has done (GET), or ends it (POST), after it has written what it keeps; rejected if it is not there. */
export const askRelay = async (control: string, method: 'GET' | 'POST'): Promise<RelayStatus> => {
  const { request } = await import('node:http')
  const sent = request(control, { method, agent: false, signal: AbortSignal.timeout(timeoutMs) }).end()
  // One that comes later ends the answer, too.
  sent.on('error', () => undefined)
  const [response] = (await once(sent, 'response')) as [IncomingMessage]
  return (await json(response)) as RelayStatus
}

/** Ends the relay at the end of a build, and says what it has kept; undefined if it is no longer there. */
export const closeRelay = async (control: string): Promise<RelayStatus | undefined> => {
  const status = await askRelay(control, 'POST').catch(() => undefined)
  if (status === undefined) warn('the relay ended before the build did: see its lines in this log')
  else if (status.kept !== undefined) info(status.kept)
  return status
}

/** The variables by which the relay reaches servers as pip would from the host. */
const forServers = /_proxy$|^(?:PIP_PROXY|PIP_CERT|PIP_CLIENT_CERT|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|SSL_CERT_FILE)$/i

/** What of the hook's environment the relay has to know. An empty http_proxy counts: it switches off HTTP_PROXY. */
export const environmentForRelay = (environment: Environment): Environment =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => forServers.test(name)))

/**
 * Starts the relay, in a session of its own and outside the build's folders, so that dib neither waits for it nor ends it.
 * It is told its configuration on standard input, where no other process can read it, and says on standard error what it
 * finds of the indexes.
 *
 * @param program The relay, on the host.
 * @param environment The environment that it gets: nothing of it is a secret.
 * @returns Where it listens; rejected with a UserError if it does not start.
 */
export const spawnRelay = async (
  program: string,
  config: RelayConfig,
  environment: Readonly<Record<string, string>>,
) => {
  const refuse = (why: string): never => {
    throw new UserError(`the relay does not start: ${why}; DIB_PYPI_RELAY=never builds without it`)
  }
  const relay = spawn('/bin/sh', [program, process.execPath], {
    cwd: '/',
    detached: true,
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  relay.stdin.on('error', () => undefined)
  relay.stdin.end(JSON.stringify(config))
  await once(relay, 'spawn').catch((error) => refuse(errorMessage(error)))
  // It closes them when it has said its line, and holds no pipe of dib's from then on.
  const answer = parseJson<RelayAnswer>(await text(relay.stdout)) ?? {
    error: 'it ended before it said where it listens',
  }
  relay.unref()
  if ('error' in answer) return refuse(answer.error)
  if ('refused' in answer) throw new UserError(answer.refused)
  // To listen is not to be reached: lo can be down.
  await askRelay(answer.control, 'GET').catch((error) => {
    relay.kill()
    refuse(`nothing reaches it at 127.0.0.1 (${errorMessage(error)}): is the interface lo up?`)
  })
  return answer
}

/**
 * Starts the relay of a build.
 *
 * @returns The URL by which it is asked and ended, and what installers are told in its place; rejected with a UserError if it
 *   does not start, or an index is unusable and the build is to end on that.
 */
export const startRelay = async (
  settings: Settings,
  environment: Environment,
  lock: readonly Arrival[] | undefined,
): Promise<{ readonly control: string; readonly pip: PipSettings }> => {
  const { mirrorFolder, pip } = settings
  const build = findBuild(settings.TMP_BUILD_DIR)
  if (build === undefined) {
    throw new UserError(
      'disk-image-create is not among the processes that started this hook: run it by disk-image-create',
    )
  }
  const { control, indexes } = await spawnRelay(
    // dib has copied it there.
    join(settings.TMP_HOOKS_PATH, 'pypi-relay', 'pypi-relay'),
    {
      indexes: pip.indexes,
      environment: environmentForRelay(environment),
      unreachable: pip.unreachable,
      trustedHosts: pip.unverifiedHosts,
      mirror: mirrorFolder,
      fill: settings.fill ? mirrorFolder : undefined,
      ahead: settings.DIB_PYPI_RELAY_AHEAD === 'yes',
      receipt: settings.DIB_PYPI_RECEIPT,
      lock,
      build,
      imageRoot: settings.TMP_MOUNT_PATH,
      logFile: `/proc/${build.pid}/fd/1`,
    },
    { PATH: environment['PATH'] ?? '/usr/bin:/bin' },
  )
  return { control, pip: { ...pip, indexes, relay: true, trustedHosts: ['127.0.0.1'], unverifiedHosts: [] } }
}
