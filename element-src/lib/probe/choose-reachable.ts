import { UserError } from '../base/errors.js'
import { info, warn } from '../base/log.js'
import type { Index } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import type { Probed } from './probe-all.js'

const names: Readonly<Record<Exclude<Probed['state'], 'up'>, string>> = {
  pageless: 'without a page',
  misplaced: 'unusable',
  odd: 'odd',
  refuses: 'unusable',
  failing: 'failing',
  slow: 'slow',
  down: 'down',
}

/** Whether an index is a fault to those who want the build to end on one. pip may read what is odd here. */
const isFault = ({ state }: Probed): boolean => state !== 'up' && state !== 'pageless' && state !== 'odd'

/**
 * Decides which indexes a build uses, by the results of the probes, and logs a line for each.
 *
 * @param probed The result of each index's probe.
 * @param unreachable What happens to an index that does not answer.
 * @returns The indexes that stay, in their order, with the URLs that their servers stand for; at least one.
 * @throws UserError if one is unusable and the build is to end on that.
 */
export const chooseReachable = (
  probed: readonly Probed[],
  unreachable: PipSettings['unreachable'],
): readonly Index[] => {
  // The folder that this build fills does not count: it has what was kept.
  const isLeft = probed.some(({ state, index }) => state !== 'down' && !index.isFilled)
  for (const found of probed) {
    const { index, state, reason, milliseconds, notes = [] } = found
    const url = index.label
    const without = index.isOfficial ? '; DIB_NO_PYPI_PIP=1 leaves it out of every build' : ''
    const effect =
      unreachable === 'fail' && isFault(found)
        ? ''
        : state !== 'down' || unreachable === 'keep'
          ? '; pip still asks it'
          : index.projects !== undefined
            ? '; its projects come only from there, so installers do not find them while it is down'
            : isLeft
              ? `; left out of this build (DIB_PYPI_UNREACHABLE=drop)${without}`
              : '; pip still asks it, since no other index is left'
    const further = notes.map((note) => `; ${note}`).join('')
    if (state === 'up') info(`${url} ${reason}, ${milliseconds} ms${further}`)
    else warn(`${url} is ${names[state]} (${milliseconds} ms): ${reason}${effect}${further}`)
  }
  const faults = probed.filter(isFault)
  if (unreachable === 'fail' && faults.length > 0) {
    const urls = faults.map(({ index }) => index.label).join(', ')
    throw new UserError(
      `${urls} cannot be used, and DIB_PYPI_UNREACHABLE is fail: see the warning above; fix it, or write drop or keep`,
    )
  }
  return (
    probed
      // Without an index that has projects of its own, these would come from another one.
      .filter(
        ({ state, index }) => unreachable !== 'drop' || !isLeft || state !== 'down' || index.projects !== undefined,
      )
      .map(({ index, usedAs }) =>
        usedAs === undefined ? index : { ...index, url: usedAs, label: usedAs, namedUrl: index.url },
      )
  )
}
