import { readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { tolerate } from '../../hook/error.js'
import type { Environment } from '../../settings/mirrors.js'
import { variableWarnings } from '../../settings/variable-warnings.js'
import { parseConfigFile } from './config-file.js'
import { type IndexKey, indexKeys, type OverriddenKeys } from './pip-conf.js'

/** What in the image has a say in pip's indexes besides our files. */
export interface CompetingSettings {
  /** What files set that pip reads before ours: ours can cancel it. */
  readonly overridden: OverriddenKeys
  /** What beats our files, a line each, naming the file or the variable. */
  readonly warnings: readonly string[]
}

/** What each variable does to the mirrors (pip's documentation, Configuration, Environment Variables). */
const variables: Readonly<Record<string, string>> = {
  PIP_INDEX_URL: 'pip asks it instead of the first mirror',
  PIP_EXTRA_INDEX_URL: 'pip asks it instead of the further mirrors',
  PIP_FIND_LINKS: 'pip looks there as well',
  PIP_NO_INDEX: 'pip asks no mirror at all',
  PIP_CONFIG_FILE: 'pip reads that file after ours, or none at all where it is /dev/null',
  PIP_ISOLATED: "pip does not read root's files, so no mirror",
}

/** A key of pip's, normalised as pip does it (its configuration.py), where it is one of ours. */
const asIndexKey = (key: string): IndexKey | undefined => {
  const name = key.replace(/^--/, '').replaceAll('_', '-')
  return indexKeys.find((ours) => ours === name)
}

const keysIn = (path: string): readonly { section: string; key: IndexKey }[] => {
  // A FIFO there would keep a reader waiting, and pip with it.
  const isFile = tolerate(['ENOENT', 'ENOTDIR', 'ELOOP'], () => statSync(path))?.isFile()
  return parseConfigFile(isFile ? readFileSync(path, 'utf8') : '').entries.flatMap(({ section, key, value }) => {
    const name = asIndexKey(key)
    return name === undefined || value === '' ? [] : [{ section, key: name }]
  })
}

/**
 * Looks for what has a say in pip's indexes besides our files: pip reads /etc/xdg/pip/pip.conf and /etc/pip.conf before
 * root's, and `pip.conf` in Python's prefix and the variables after it (pip's documentation, Configuration).
 *
 * @param environment The environment that hooks in the chroot have.
 * @param root Where the image's root is, seen from this process.
 */
export const competingSettings = (environment: Environment, root = '/'): CompetingSettings => {
  const siteFolders = (environment['XDG_CONFIG_DIRS'] || '/etc/xdg').split(delimiter)
  const overridden = new Map<string, Set<IndexKey>>()
  for (const folder of [...siteFolders.map((site) => join(site, 'pip')), '/etc']) {
    for (const { section, key } of keysIn(join(root, folder, 'pip.conf'))) {
      overridden.set(section, new Set([...(overridden.get(section) ?? []), key]))
    }
  }
  const warnings = [...variableWarnings(environment, variables)]
  for (const path of ['/usr/pip.conf', '/usr/local/pip.conf']) {
    const keys = [...new Set(keysIn(join(root, path)).map(({ key }) => key))]
    if (keys.length > 0) {
      warnings.push(
        `${path} in the image sets ${keys.join(', ')}: pip reads it last, so that it beats the mirrors; remove it`,
      )
    }
  }
  return { overridden, warnings }
}
