import { existsSync } from 'node:fs'
import type { Environment } from '../base/command.js'
import { UserError } from '../base/errors.js'
import { textAt } from '../base/files.js'
import { info, warn } from '../base/log.js'
import { endable } from '../base/waiting.js'
import { optionOf, parseConfigFile } from '../config/pip/config-file.js'
import { pipFiles } from '../config/places.js'
import { newClient } from '../http/client.js'
import { newLookup } from '../http/look-up.js'
import type { Index } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import { probeServer } from './probe-server.js'
import type { ProbeResult } from './verdict.js'

/** An index with what was found out of it. */
export interface Probed extends ProbeResult {
  readonly index: Index
  readonly milliseconds: number
}

/**
 * The environment, with proxy, cert and client-cert of the image's own files where it does not have PIP_PROXY, PIP_CERT and
 * PIP_CLIENT_CERT: root's files stay in force for these while ours are mounted over them. [install] wins over [global] whatever
 * the file.
 */
export const withPipFiles = (environment: Environment): Environment => {
  const entries = pipFiles(environment).flatMap((path) => parseConfigFile(textAt(path) ?? '').entries)
  const values = new Map(entries.map(({ section, key, value }) => [`${section} ${optionOf(key)}`, value]))
  const variables = ['proxy', 'cert', 'client-cert'].map((option) => {
    const name = `PIP_${option.toUpperCase().replace('-', '_')}`
    return [name, environment[name] || values.get(`install ${option}`) || values.get(`global ${option}`)]
  })
  return { ...environment, ...Object.fromEntries(variables) }
}

/** Looks whether the folder of an index is there, in the image: nothing else is found with a slash behind it. */
export const probeFolder = (url: string): ProbeResult =>
  existsSync(new URL(`${url}/`))
    ? { state: 'up', reason: 'is a folder' }
    : {
        state: 'down',
        reason:
          "the image has no such folder: put the host's mirror into DIB_IMAGE_CACHE/pypi/mirror, and write file:///tmp/pypi",
      }

/** How long all probes together may take, in seconds. */
const limit = 3

/** What the log says of a state, if not its name. */
const names: Readonly<Partial<Record<Probed['state'], string>>> = {
  pageless: 'without a page',
  misplaced: 'unusable',
  refuses: 'unusable',
}

/** Whether an index is a fault to those who want the build to end on one. pip may read what is odd here. */
const isFault = ({ state }: Probed): boolean => !['up', 'pageless', 'odd'].includes(state)

/**
 * Decides which indexes a build uses, at least one, with the URLs that their servers stand for, and logs a line for each.
 *
 * @throws UserError if one is unusable and the build is to end on that.
 */
export const chooseReachable = (
  probed: readonly Probed[],
  unreachable: PipSettings['unreachable'],
): readonly Index[] => {
  // The folder that this build fills does not count: it has what was kept.
  const isLeft = probed.some(({ state, index }) => state !== 'down' && !index.isFilled)
  // Without an index that has projects of its own, these would come from another one.
  const isOut = ({ state, index }: Probed): boolean =>
    unreachable === 'drop' && isLeft && state === 'down' && index.projects === undefined
  for (const found of probed) {
    const { index, state, reason, milliseconds, notes = [] } = found
    const without = index.isOfficial ? '; DIB_NO_PYPI_PIP=1 leaves it out of every build' : ''
    const effect = isOut(found)
      ? `; left out of this build (DIB_PYPI_UNREACHABLE=drop)${without}`
      : unreachable === 'fail' && isFault(found)
        ? ''
        : state !== 'down' || unreachable === 'keep'
          ? '; pip still asks it'
          : index.projects !== undefined
            ? '; its projects come only from there, so installers do not find them while it is down'
            : '; pip still asks it, since no other index is left'
    const further = notes.map((note) => `; ${note}`).join('')
    if (state === 'up') info(`${index.label} ${reason}, ${milliseconds} ms${further}`)
    else warn(`${index.label} is ${names[state] ?? state} (${milliseconds} ms): ${reason}${effect}${further}`)
  }
  const faults = probed.filter(isFault)
  if (unreachable === 'fail' && faults.length > 0) {
    const urls = faults.map(({ index }) => index.label).join(', ')
    throw new UserError(
      `${urls} cannot be used, and DIB_PYPI_UNREACHABLE is fail: see the warning above; fix it, or write drop or keep`,
    )
  }
  return probed
    .filter((found) => !isOut(found))
    .map(({ index, usedAs }) =>
      usedAs === undefined ? index : { ...index, url: usedAs, label: usedAs, namedUrl: index.url },
    )
}

/**
 * Asks all indexes at once whether they can be used, and chooses, from where this process runs: in the image, or on the host,
 * where the relay asks them. Takes three seconds at the latest.
 *
 * @param node How Node.js is started, for looking up names.
 */
export const findReachable = async (
  { indexes, trustedHosts, unreachable }: Pick<PipSettings, 'indexes' | 'trustedHosts' | 'unreachable'>,
  environment: Environment,
  node: readonly [string, ...string[]],
  place: 'image' | 'host',
): Promise<readonly Index[]> => {
  const started = performance.now()
  const { signal, end } = endable(undefined, limit * 1000)
  const lookup = newLookup(node, signal)
  const probe = (index: Index): ProbeResult | Promise<ProbeResult> => {
    if (index.scheme === 'file' && place === 'image') return probeFolder(index.url)
    // A folder of the host was looked into when the settings were read; one of the image's own cannot be seen from there.
    if (index.scheme === 'file')
      return {
        state: 'up',
        reason: index.folder === undefined ? 'is a folder of the image, if it has it' : 'is a folder',
      }
    // A section of a mirrors file names what a variable does otherwise.
    const asker = place === 'image' || index.name === undefined ? place : 'file'
    const client = newClient({ own: index, environment, trustedHosts, asker, lookup })
    return probeServer({ index, client, asker, seconds: limit, signal })
  }
  const probed = await Promise.all(
    indexes.map(async (index) => ({
      ...(await probe(index)),
      index,
      milliseconds: Math.round(performance.now() - started),
    })),
  )
  // Requests and lookups that still run are not waited for.
  end()
  return chooseReachable(probed, unreachable)
}
