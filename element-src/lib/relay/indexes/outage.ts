import type { HttpError } from '../../http/http-error.js'
import type { RelayConfig } from '../config.js'
import type { RelayLog } from '../relay-log.js'

/** What has become of the indexes in the middle of the build, by DIB_PYPI_UNREACHABLE. */
export interface Outages {
  /** Why everything is refused from now on; undefined while nothing is. */
  readonly failure: () => string | undefined
  /**
   * Takes note that an index failed although it was asked again and again.
   *
   * @param label The index.
   * @param fault What it did.
   * @param what What was wanted, for the log.
   * @returns Whether installers are told so; otherwise they are told that it has no such project.
   */
  readonly note: (label: string, fault: HttpError, what: string) => boolean
  /** Whether an index is left out by now. */
  readonly isDropped: (label: string) => boolean
  /** The indexes that went down, with the cause. */
  readonly all: () => readonly { readonly label: string; readonly cause: string }[]
}

/**
 * Starts with all indexes up.
 *
 * @param unreachable What is to become of one that is down.
 * @param log Where to say it.
 */
export const newOutages = (unreachable: RelayConfig['unreachable'], log: RelayLog): Outages => {
  const down = new Map<string, string>()
  let failure: string | undefined
  return {
    failure: () => failure,
    isDropped: (label) => unreachable === 'drop' && down.has(label),
    all: () => [...down].map(([label, cause]) => ({ label, cause })),
    note: (label, { message, kind }, what) => {
      const isNew = !down.has(label)
      const isDown = kind === 'connection'
      if (isDown) down.set(label, message)
      if (unreachable === 'fail') {
        if (failure === undefined)
          log.fail(`${label} ${message}, asked for ${what}: DIB_PYPI_UNREACHABLE=fail ends the build`)
        failure ??= `${label} ${message}`
        return true
      }
      if (unreachable === 'keep') {
        if (isNew)
          log.warn(
            `${label} ${message}, asked for ${what}: it is asked again for each project (DIB_PYPI_UNREACHABLE=keep)`,
          )
        return true
      }
      if (!isDown) log.warn(`${label} ${message}, asked for ${what}: ${what} is not taken from it`)
      else if (isNew) log.warn(`${label} ${message}: left out of the rest of this build (DIB_PYPI_UNREACHABLE=drop)`)
      return false
    },
  }
}
