import { HookError } from '../hook/hook-error.js'
import { info, warn } from '../hook/log.js'
import { redact } from '../settings/credentials.js'
import type { Index } from '../settings/indexes.js'
import type { Environment } from '../settings/mirrors.js'
import type { PipSettings } from '../settings/settings.js'
import { lookUpAll } from './look-up.js'
import { type Probing, probeIndex, type Verdict } from './probe-index.js'
import { proxyFor } from './proxy.js'

/** An index with what was found out of it. */
export interface Probed extends Verdict {
  readonly index: Index
  readonly milliseconds: number
}

/** How long all probes together may take, in seconds. */
const limit = 3

/** The hosts to connect to: a proxy where there is one, which looks up the index's host by itself. */
const hostsOf = (urls: readonly string[], environment: Environment): readonly string[] =>
  urls
    .filter((url) => /^https?:/i.test(url))
    .map((url) => (proxyFor(new URL(url), environment) ?? new URL(url)).hostname.replace(/^\[|\]$/g, ''))

/**
 * Asks all indexes at once whether they can be used, from inside the image.
 *
 * @param settings The indexes, and whom to trust.
 * @param environment The environment that pip has.
 * @param node The command that runs Node.js.
 * @returns What was found out, in the indexes' order, after three seconds at the latest.
 */
export const probeAll = async (
  { indexes, trustedHosts }: PipSettings,
  environment: Environment,
  node: readonly [string, ...string[]],
): Promise<readonly Probed[]> => {
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit * 1000)
  const { signal } = over
  const hosts = hostsOf(
    indexes.map(({ url }) => url),
    environment,
  )
  const probing: Probing = {
    environment,
    trustedHosts,
    lookUp: lookUpAll(node, hosts, signal),
    seconds: limit,
    signal,
  }
  const started = performance.now()
  const probed = await Promise.all(
    indexes.map(async (index): Promise<Probed> => {
      const verdict = await probeIndex(index.url, probing)
      return { ...verdict, index, milliseconds: Math.round(performance.now() - started) }
    }),
  )
  clearTimeout(timer)
  return probed
}

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
        : state === 'refuses' || unreachable === 'keep'
          ? '; pip asks it all the same'
          : isLeft
            ? `; this build does without it (DIB_PYPI_UNREACHABLE is drop)${without}`
            : '; pip asks it all the same, since no index is left'
    if (state === 'up') info(`${url} ${reason}, ${milliseconds} ms`)
    else warn(`${url} is ${state === 'down' ? 'down' : 'of no use'}: ${reason}, ${milliseconds} ms${effect}`)
  }
  const faults = probed.filter(({ state }) => state !== 'up')
  if (unreachable === 'fail' && faults.length > 0) {
    const urls = faults.map(({ index }) => redact(index.url)).join(', ')
    throw new HookError(
      `${urls} cannot be used, and DIB_PYPI_UNREACHABLE is fail: see the warning above; mend it, or write drop or keep`,
    )
  }
  return unreachable === 'drop' && isLeft
    ? probed.filter(({ state }) => state !== 'down').map(({ index }) => index)
    : probed.map(({ index }) => index)
}
