import { setTimeout as pause } from 'node:timers/promises'
import type { RelayLog } from '../../base/log.js'
import { endable } from '../../base/waiting.js'
import { faultOf, type HttpError } from '../../http/http-error.js'
import type { RelayConfig } from '../control.js'

/** pip's own pauses between its tries, in milliseconds (urllib3's Retry, backoff_factor 0.25 and 0.5): 7.5 s in all. */
export const pauses = [0, 500, 1000, 2000, 4000] as const
const patience = 7_500
const interval = 1_000
/** How long one try of a server that is down may take. */
const longestTry = 10_000
const shortestTry = 250

/** Whether a fault is one of a connection that was not made, or broke off: other faults say that the server is there. */
export const isOfConnection = ({ kind }: HttpError): boolean => ['connection', 'tls', 'proxy', 'aborted'].includes(kind)

/** What an outage needs to know of its index. */
interface OutageParts {
  readonly label: string
  readonly unreachable: RelayConfig['unreachable']
  /** By which each of its times is multiplied. */
  readonly tempo: number
  /** Whether there are other servers among the indexes. */
  readonly hasOthers: boolean
  /** Connects; rejected with an HttpError. */
  readonly connect: (signal: AbortSignal) => Promise<void>
  readonly log: RelayLog
  /** Called when it is down, with the cause. */
  readonly onDown: (cause: string) => void
  /** When the relay ends. */
  readonly signal: AbortSignal
}

/** Whether an index is down, which is a matter of connections alone: any answer, whatever its status, says that it is there. */
export type Outage = ReturnType<typeof newOutage>

/** An index that is up. */
export const newOutage = (parts: OutageParts) => {
  const { label, unreachable, tempo, log, signal } = parts
  let state: 'up' | 'doubtful' | 'down' = 'up'
  const waiting = new Set<() => void>()

  /** Takes note of an answer. */
  const answered = (): void => {
    if (state === 'down') log.info(`${label} answers again: the relay asks it from here on`)
    state = 'up'
  }

  const tryOnce = async (milliseconds: number): Promise<void> => {
    const over = endable(signal, milliseconds)
    try {
      await parts.connect(over.signal)
      answered()
    } catch (error) {
      if (!isOfConnection(faultOf(error))) answered()
    } finally {
      over.end()
    }
  }

  const sayDown = ({ message }: HttpError): void => {
    if (unreachable === 'fail') log.fail(`${label} ${message}: DIB_PYPI_UNREACHABLE=fail ends the build`)
    else if (unreachable === 'drop' && parts.hasOthers)
      log.warn(`${label} ${message}: left out of this build until it answers again (DIB_PYPI_UNREACHABLE=drop)`)
    else log.warn(`${label} ${message}: it is down, and the relay passes this on until it answers again`)
    parts.onDown(`${label} ${message}`)
    for (const resolve of waiting) resolve()
    waiting.clear()
  }

  const watch = async (fault: HttpError): Promise<void> => {
    const end = Date.now() + patience * tempo
    for (const milliseconds of pauses) {
      await pause(Math.min(milliseconds * tempo, Math.max(0, end - Date.now())), undefined, { signal })
      if (state === 'doubtful') await tryOnce(Math.max(shortestTry, end - Date.now()))
      if (state !== 'doubtful') return
    }
    state = 'down'
    sayDown(fault)
    while (state === 'down') {
      await pause(interval * tempo, undefined, { signal })
      if (state === 'down') await tryOnce(longestTry)
    }
  }

  return {
    tempo,
    isDown: (): boolean => state === 'down',
    answered,
    /** Takes note of a connection that failed. From the first on, the relay itself tries to connect. */
    failed: (fault: HttpError): void => {
      if (state !== 'up' || signal.aborted || !isOfConnection(fault)) return
      state = 'doubtful'
      // It ends with the relay.
      watch(fault).catch(() => undefined)
    },
    /** Resolved when it is down, or the installer has gone. */
    whenDown: (gone: AbortSignal): Promise<void> =>
      new Promise((resolve) => {
        if (state === 'down' || gone.aborted) return resolve()
        const done = (): void => {
          waiting.delete(done)
          gone.removeEventListener('abort', done)
          resolve()
        }
        waiting.add(done)
        gone.addEventListener('abort', done)
      }),
  }
}
