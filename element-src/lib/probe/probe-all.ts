import type { Environment } from '../base/environment.js'
import { hostOf } from '../http/connection.js'
import { lookUpAll } from '../http/look-up.js'
import { proxyFor } from '../http/proxy.js'
import { type Index, urlWithCredentials } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import type { Asker } from './fault.js'
import type { PipOptions } from './pip-options.js'
import { isFolderUrl, type ProbeResult, probeFolder } from './probe-folder.js'
import { type ProbeContext, probeServer } from './probe-server.js'

/** An index with what was found out of it. */
export interface Probed extends ProbeResult {
  readonly index: Index
  readonly milliseconds: number
}

/** How long all probes together may take, in seconds. */
const limit = 3

/** The hosts to connect to: a proxy where there is one, which looks up the index's host by itself. */
const hostsOf = (urls: readonly string[], environment: Environment, proxy: string | undefined): readonly string[] =>
  urls.filter((url) => !isFolderUrl(url)).map((url) => hostOf(proxyFor(url, environment, proxy) ?? new URL(url)))

/**
 * Asks all indexes at once whether they can be used, from where this process runs: in the image, or on the host where the
 * relay asks them (servers only).
 *
 * @param settings The indexes, and whom to trust.
 * @param environment The environment that pip has.
 * @param node The command that runs Node.js.
 * @param pipOptions What pip's files in the image set, where pip is in the image.
 * @param asker Where this process is.
 * @returns The results, in the indexes' order, after three seconds at the latest.
 */
export const probeAll = async (
  { indexes, trustedHosts }: PipSettings,
  environment: Environment,
  node: readonly [string, ...string[]],
  pipOptions: PipOptions = {},
  asker: Asker = 'image',
): Promise<readonly Probed[]> => {
  const started = performance.now()
  const probe = async (index: Index, verdict: ProbeResult | Promise<ProbeResult>): Promise<Probed> => ({
    ...(await verdict),
    index,
    milliseconds: Math.round(performance.now() - started),
  })
  // Loading the modules that ask servers takes a millisecond or more, so it is done only where servers are named.
  if (indexes.every(({ url }) => isFolderUrl(url))) {
    return Promise.all(indexes.map((index) => probe(index, probeFolder(index.url))))
  }
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit * 1000)
  const { signal } = over
  const hosts = hostsOf(
    indexes.map(({ url }) => url),
    environment,
    pipOptions.proxy,
  )
  const lookUp = lookUpAll(node, hosts, signal)
  const probing: ProbeContext = { environment, pipOptions, trustedHosts, lookUp, asker, seconds: limit, signal }
  const probed = await Promise.all(
    indexes.map((index) =>
      probe(
        index,
        isFolderUrl(index.url) ? probeFolder(index.url) : probeServer(urlWithCredentials(index), { ...probing, index }),
      ),
    ),
  )
  clearTimeout(timer)
  // Requests and lookups that still run are not waited for.
  over.abort()
  return probed
}
