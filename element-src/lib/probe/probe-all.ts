import type { Index } from '../settings/indexes.js'
import type { Environment } from '../settings/mirrors.js'
import type { PipSettings } from '../settings/settings.js'
import { lookUpAll } from './look-up.js'
import { isFolderUrl, probeFolder, type Verdict } from './probe-folder.js'
import { type Probing, probeServer } from './probe-server.js'
import { proxyFor } from './proxy.js'
import { hostOf } from './request.js'

/** An index with what was found out of it. */
export interface Probed extends Verdict {
  readonly index: Index
  readonly milliseconds: number
}

/** How long all probes together may take, in seconds. */
const limit = 3

/** The hosts to connect to: a proxy where there is one, which looks up the index's host by itself. */
const hostsOf = (urls: readonly string[], environment: Environment): readonly string[] =>
  urls.filter((url) => !isFolderUrl(url)).map((url) => hostOf(proxyFor(new URL(url), environment) ?? new URL(url)))

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
  const started = performance.now()
  const probe = async (index: Index, verdict: Verdict | Promise<Verdict>): Promise<Probed> => ({
    ...(await verdict),
    index,
    milliseconds: Math.round(performance.now() - started),
  })
  // What it takes to ask servers costs a millisecond and more: for those who name some.
  if (indexes.every(({ url }) => isFolderUrl(url))) {
    return Promise.all(indexes.map((index) => probe(index, probeFolder(index.url))))
  }
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit * 1000)
  const { signal } = over
  const hosts = hostsOf(
    indexes.map(({ url }) => url),
    environment,
  )
  const lookUp = lookUpAll(node, hosts, signal)
  const probing: Probing = { environment, trustedHosts, lookUp, seconds: limit, signal }
  const probed = await Promise.all(
    indexes.map((index) =>
      probe(index, isFolderUrl(index.url) ? probeFolder(index.url) : probeServer(index.url, probing, index)),
    ),
  )
  clearTimeout(timer)
  return probed
}
