import { warn } from '../base/log.js'
import { chooseReachable } from '../probe/choose-reachable.js'
import { type Probed, probeAll } from '../probe/probe-all.js'
import { type Index, indexAt } from '../settings/index-list.js'
import type { RelayConfig } from './config.js'
import { lockedIndex } from './lock/locked-source.js'

/** A folder that is not there. */
const nowhere = '/proc/self/nowhere'

/** A folder of the image's own is nothing that the host can serve: installers are told of it as it is. */
const isBehind = ({ scheme, folder }: Index): boolean => scheme !== 'file' || folder !== undefined

/** The indexes of a relay. */
export interface ChosenIndexes {
  /** Those that it serves, in pip's order. */
  readonly served: readonly Index[]
  /** What installers are told in their place: by `urlOf` if one is served. */
  readonly told: (urlOf: (place: number, index: Index) => string) => readonly Index[]
}

/**
 * Asks the indexes, from the host, and decides which the relay serves.
 *
 * @throws UserError if an index is unusable and the build is to end on that.
 */
export const chooseIndexes = async ({
  indexes,
  environment,
  trustedHosts,
  unreachable,
  lock,
}: RelayConfig): Promise<ChosenIndexes> => {
  const asked = indexes.filter(({ absent }) => absent === undefined)
  const servers = asked.filter(({ scheme }) => scheme !== 'file')
  const answers = await probeAll({ indexes: servers, trustedHosts }, environment, [process.execPath], 'host')
  const probed = asked.map(
    (index): Probed =>
      answers.find((answer) => answer.index === index) ?? {
        index,
        state: 'up',
        reason: index.folder === undefined ? 'is a folder of the image, if it has it' : 'is a folder',
        milliseconds: 0,
      },
  )
  const chosen = chooseReachable(probed, unreachable)
  const behind = chosen.filter(isBehind)
  if (lock !== undefined)
    for (const { label } of chosen.filter((index) => !isBehind(index)))
      warn(`${label} is a folder of the image, or is not there: under DIB_PYPI_LOCK it is not asked`)
  // One that is absent owns its projects all the same, and has none of them.
  const absent = indexes.filter((index) => index.absent !== undefined).map((index) => ({ ...index, folder: nowhere }))
  return {
    served: [...behind, ...absent],
    told: (urlOf) =>
      lock === undefined
        ? chosen.map((index) => {
            const { isOfficial, isFilled } = index
            const place = behind.indexOf(index)
            return place < 0 ? index : { ...indexAt(urlOf(place, index)), isOfficial, ...(isFilled && { isFilled }) }
          })
        : [indexAt(urlOf(0, lockedIndex))],
  }
}
