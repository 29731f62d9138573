import { setTimeout as pause } from 'node:timers/promises'
import { faultOf, type HttpError } from './http-error.js'

/** How long the same request is tried in all, in milliseconds. */
const patience = 30_000

/** Before the first retry there is no pause, as in pip: most broken connections were old ones. Then half a second, doubled each time. */
const pauseBefore = (retry: number): number => (retry < 2 ? 0 : 250 * 2 ** (retry - 1))

/** How often something may still be tried again, and how long. */
export interface Patience {
  /**
   * Waits before the next try.
   *
   * @param fault Why there has to be one.
   * @throws HttpError that same fault, where it does not pass, or the tries or the time are used up.
   */
  readonly waitAfter: (fault: HttpError) => Promise<void>
  /** Lets the time begin again, since something was received. */
  readonly progress: () => void
}

/**
 * Begins to count.
 *
 * @param retries How often it may be tried again.
 * @param signal When it is over.
 */
export const newPatience = (retries: number, signal: AbortSignal): Patience => {
  let since = Date.now()
  let done = 0
  return {
    waitAfter: async (fault) => {
      done += 1
      const milliseconds = pauseBefore(done)
      const isLate = Date.now() + milliseconds - since > patience
      if (!fault.isTransient || done > retries || isLate || signal.aborted) throw fault
      await pause(milliseconds, undefined, { signal }).catch(() => {
        throw fault
      })
    },
    progress: () => {
      since = Date.now()
    },
  }
}

/**
 * Tries something until it succeeds.
 *
 * @param tries How often and how long.
 * @param attempt What to try.
 * @returns What it returned; rejected with an HttpError.
 */
export const withRetries = async <Result>(tries: Patience, attempt: () => Promise<Result>): Promise<Result> => {
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      await tries.waitAfter(faultOf(error))
    }
  }
}
