import { HookError } from '../hook/error.js'
import { info, warn } from '../hook/log.js'
import { redact } from '../settings/credentials.js'
import type { Index } from '../settings/indexes.js'
import type { PipSettings } from '../settings/settings.js'
import type { Probed } from './probe-all.js'

const names = { refuses: 'of no use', slow: 'slow', down: 'down' } as const

/**
 * Decides which indexes a build has, by what was found out of them, and says it: a line for each.
 *
 * @param probed What was found out of each index.
 * @param unreachable What becomes of one that does not answer.
 * @returns The indexes that stay, in their order; never none.
 * @throws HookError where one is of no use and the build is to end on that.
 */
export const chooseReachable = (
  probed: readonly Probed[],
  unreachable: PipSettings['unreachable'],
): readonly Index[] => {
  const isLeft = probed.some(({ state }) => state !== 'down')
  for (const { index, state, reason, milliseconds } of probed) {
    const url = redact(index.url)
    const without = index.isOfficial ? '; DIB_NO_PYPI_PIP=1 does without it in every build' : ''
    const effect =
      unreachable === 'fail'
        ? ''
        : state !== 'down' || unreachable === 'keep'
          ? '; pip asks it all the same'
          : index.projects !== undefined
            ? '; its projects are asked there and nowhere else, so they are not found while it is down'
            : isLeft
              ? `; this build does without it (DIB_PYPI_UNREACHABLE is drop)${without}`
              : '; pip asks it all the same, since no index is left'
    if (state === 'up') info(`${url} ${reason}, ${milliseconds} ms`)
    else warn(`${url} is ${names[state]}: ${reason}, ${milliseconds} ms${effect}`)
  }
  const faults = probed.filter(({ state }) => state !== 'up')
  if (unreachable === 'fail' && faults.length > 0) {
    const urls = faults.map(({ index }) => redact(index.url)).join(', ')
    throw new HookError(
      `${urls} cannot be used, and DIB_PYPI_UNREACHABLE is fail: see the warning above; fix it, or write drop or keep`,
    )
  }
  return unreachable === 'drop' && isLeft
    ? // Without an index that has projects of its own, these would come from another one.
      probed.filter(({ state, index }) => state !== 'down' || index.projects !== undefined).map(({ index }) => index)
    : probed.map(({ index }) => index)
}
