import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'
import { parseConfigFile } from '../config/pip/config-file.js'
import { pipFiles, textAt } from '../config/places.js'
import { newClient } from '../http/client.js'
import type { PipOptions } from '../http/exchange.js'
import { newLookup } from '../http/look-up.js'
import type { Index } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import type { ProbeResult } from './asking.js'
import { probeServer } from './probe-server.js'

/** An index with what was found out of it. */
export interface Probed extends ProbeResult {
  readonly index: Index
  readonly milliseconds: number
}

/**
 * Reads proxy, cert and client-cert of the image's own files, of which root's stay in force for these while ours are
 * mounted over them. [install] wins over [global] whatever the file. The variables PIP_PROXY, PIP_CERT and
 * PIP_CLIENT_CERT, which win over all, are not looked at here.
 */
export const readPipOptions = (environment: Environment): PipOptions => {
  const values = new Map<string, string>()
  for (const path of pipFiles(environment)) {
    for (const { section, key, value } of parseConfigFile(textAt(path) ?? '').entries) {
      const name = `${section} ${key.replace(/^--/, '').replaceAll('_', '-')}`
      values.set(name, value)
    }
  }
  const option = (name: string): string | undefined =>
    values.get(`install ${name}`) || values.get(`global ${name}`) || undefined
  return { proxy: option('proxy'), cert: option('cert'), clientCert: option('client-cert') }
}

// The errors of a wrong path, and of a wrong file: URL.
const faults = ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ERR_INVALID_FILE_URL_PATH', 'ERR_INVALID_ARG_VALUE']

/** Looks whether the folder of an index is there, in the image. */
export const probeFolder = (url: string): ProbeResult => {
  const isFolder = ignoreErrors(faults, () => statSync(fileURLToPath(url.replace(/[?#].*/, ''))).isDirectory())
  return isFolder
    ? { state: 'up', reason: 'is a folder' }
    : {
        state: 'down',
        reason:
          "the image has no such folder: put the host's mirror into DIB_IMAGE_CACHE/pypi/mirror, and write file:///tmp/pypi",
      }
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
  const over = new AbortController()
  const timer = setTimeout(() => over.abort(), limit * 1000)
  const { signal } = over
  const lookup = newLookup(node, signal)
  const probe = (index: Index): ProbeResult | Promise<ProbeResult> => {
    if (index.scheme === 'file') return probeFolder(index.url)
    // A section of a mirrors file names what a variable does otherwise.
    const asker = place === 'image' || index.name === undefined ? place : 'file'
    const client = newClient({ own: index, environment, pipOptions, trustedHosts, asker, lookup })
    return probeServer({ index, client, asker, seconds: limit, signal })
  }
  const probed = await Promise.all(
    indexes.map(async (index) => ({
      ...(await probe(index)),
      index,
      milliseconds: Math.round(performance.now() - started),
    })),
  )
  clearTimeout(timer)
  // Requests and lookups that still run are not waited for.
  over.abort()
  return probed
}
