import { EventEmitter, once } from 'node:events'
import { setTimeout as pause } from 'node:timers/promises'
import { toolName } from '../../base/log.js'
import { endable } from '../../base/waiting.js'
import { faultOf, type HttpError } from '../../http/http-error.js'
import type { Index } from '../../settings/index-list.js'
import { isAskedAt } from '../../settings/project-patterns.js'
import type { Found, Shared } from './source.js'
import type { SendRequest } from './traffic.js'

/** pip's own pauses between its tries, in milliseconds (urllib3's Retry, backoff_factor 0.25 and 0.5): 7.5 s in all. */
export const pauses = [0, 500, 1000, 2000, 4000] as const
const patience = 7_500
const interval = 1_000
/** How long one try of a server that is down may take. */
const longestTry = 10_000
const shortestTry = 250

/** Whether a fault is one of a connection that was not made, or broke off: other faults say that the server is there. */
const isOfConnection = ({ kind }: HttpError): boolean => ['connection', 'tls', 'proxy', 'aborted'].includes(kind)

/** Whether an index is down, which is a matter of connections alone: any answer, whatever its status, says that it is there. */
export type Outage = ReturnType<typeof newOutage>

/** An index that is up. */
export const newOutage = ({ config, log, signal, tempo, down }: Shared, index: Index, send: SendRequest) => {
  const { url, label } = index
  const { unreachable, indexes } = config
  // Folders do not count: they hold what was kept.
  const others = indexes.filter((other) => other !== index && other.folder === undefined)
  const events = new EventEmitter().setMaxListeners(0)
  let isDoubtful = false
  const isDown = (): boolean => down.has(index)

  /** Takes note of an answer. */
  const answered = (): void => {
    isDoubtful = false
    // With fail nothing more is served.
    if (unreachable !== 'fail' && down.delete(index)) log.info(`${label} answers again: the relay asks it from here on`)
  }

  const tryOnce = async (milliseconds: number): Promise<void> => {
    const over = endable(signal, milliseconds)
    try {
      const { body } = await send(new URL(url), { headers: { 'User-Agent': toolName }, signal: over.signal })
      body.destroy()
      answered()
    } catch (error) {
      if (!isOfConnection(faultOf(error))) answered()
    } finally {
      over.end()
    }
  }

  const sayDown = ({ message }: HttpError): void => {
    if (unreachable === 'fail') log.fail(`${label} ${message}: DIB_PYPI_UNREACHABLE=fail ends the build`)
    else if (unreachable === 'drop' && others.length > 0)
      log.warn(`${label} ${message}: left out of this build until it answers again (DIB_PYPI_UNREACHABLE=drop)`)
    else log.warn(`${label} ${message}: it is down, and the relay passes this on until it answers again`)
    events.emit('down')
  }

  const watch = async (fault: HttpError): Promise<void> => {
    const end = Date.now() + patience * tempo
    for (const milliseconds of pauses) {
      await pause(Math.min(milliseconds * tempo, Math.max(0, end - Date.now())), undefined, { signal })
      if (isDoubtful) await tryOnce(Math.max(shortestTry, end - Date.now()))
      if (!isDoubtful) return
    }
    isDoubtful = false
    down.set(index, `${label} ${fault.message}`)
    sayDown(fault)
    while (isDown() && unreachable !== 'fail') {
      await pause(interval * tempo, undefined, { signal })
      if (isDown()) await tryOnce(longestTry)
    }
  }

  return {
    isDown,
    /** What installers are told of a project while it is down; undefined to have them see that, as directly. */
    whileDown: (project: string): Found | undefined => {
      if (unreachable === 'fail') return { kind: 'refused', cause: down.get(index) ?? '' }
      const isElsewhere = others.some((other) => !down.has(other) && isAskedAt(project, other, indexes))
      return unreachable === 'drop' && isElsewhere ? { kind: 'none' } : undefined
    },
    answered,
    /** Takes note of a connection that failed. From the first on, the relay itself tries to connect. */
    failed: (fault: HttpError): void => {
      if (isDoubtful || isDown() || signal.aborted || !isOfConnection(fault)) return
      isDoubtful = true
      // It ends with the relay.
      watch(fault).catch(() => undefined)
    },
    /** Resolved when it is down, or the installer has gone. */
    whenDown: async (gone: AbortSignal): Promise<undefined> => {
      if (!isDown()) await once(events, 'down', { signal: gone }).catch(() => undefined)
    },
  }
}
