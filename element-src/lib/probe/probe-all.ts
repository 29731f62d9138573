import type { Environment } from '../base/environment.js'
import { newClient } from '../http/client.js'
import { newLookup } from '../http/connection.js'
import type { PipOptions } from '../http/exchange.js'
import type { Index } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import { isFolderUrl, type ProbeResult, probeFolder } from './probe-folder.js'
import { probeServer } from './probe-server.js'

/** An index with what was found out of it. */
export interface Probed extends ProbeResult {
  readonly index: Index
  readonly milliseconds: number
}

/** How long all probes together may take, in seconds. */
const limit = 3

/**
 * Asks all indexes at once whether they can be used, from where this process runs: in the image, or on the host where the
 * relay asks them (servers only).
 *
 * @param pipOptions What pip's files in the image set, if pip is in the image.
 * @returns The results, in the indexes' order, after three seconds at the latest.
 */
export const probeAll = async (
  { indexes, trustedHosts }: Pick<PipSettings, 'indexes' | 'trustedHosts'>,
  environment: Environment,
  node: readonly [string, ...string[]],
  place: 'image' | 'host',
  pipOptions: PipOptions = {},
): Promise<readonly Probed[]> => {
  const started = performance.now()
  const probe = async (index: Index, verdict: ProbeResult | Promise<ProbeResult>): Promise<Probed> => ({
    ...(await verdict),
    index,
    milliseconds: Math.round(performance.now() - started),
  })
  if (indexes.every(({ url }) => isFolderUrl(url))) {
    return Promise.all(indexes.map((index) => probe(index, probeFolder(index.url))))
  }
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit * 1000)
  const { signal } = over
  const lookup = newLookup(node, signal)
  const probed = await Promise.all(
    indexes.map((index) => {
      if (isFolderUrl(index.url)) return probe(index, probeFolder(index.url))
      // A section of a mirrors file names what a variable does otherwise.
      const asker = place === 'image' || index.name === undefined ? place : 'file'
      const client = newClient({ own: index, environment, pipOptions, trustedHosts, asker, lookup })
      return probe(index, probeServer({ index, client, asker, seconds: limit, signal }))
    }),
  )
  clearTimeout(timer)
  // Requests and lookups that still run are not waited for.
  over.abort()
  return probed
}
