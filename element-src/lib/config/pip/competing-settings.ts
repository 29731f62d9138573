import { readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../../base/environment.js'
import { ignoreErrors } from '../../base/errors.js'
import { variableWarnings } from '../../settings/variable-warnings.js'
import { parseConfigFile } from './config-file.js'
import { type IndexOption, isIndexOption, optionOf } from './options.js'
import type { OverriddenKeys } from './pip-conf.js'

/** What in the image affects pip's indexes besides our files. */
export interface CompetingSettings {
  /** What is set in files that pip reads before ours; ours can cancel it. */
  readonly overridden: OverriddenKeys
  /** What overrides our files, a line each, naming the file or the variable. */
  readonly warnings: readonly string[]
}

/** What each variable does to the mirrors (pip's documentation, Configuration, Environment Variables). */
const variables: Readonly<Record<string, string>> = {
  PIP_INDEX_URL: 'pip asks it instead of the first mirror',
  PIP_PYPI_URL: 'pip asks it instead of the first mirror',
  PIP_EXTRA_INDEX_URL: 'pip asks it instead of the further mirrors',
  PIP_FIND_LINKS: 'pip looks there as well',
  PIP_NO_INDEX: 'pip asks no mirror at all',
  PIP_TRUSTED_HOST:
    'pip trusts these hosts instead of the mirrors, and leaves out mirrors by http that are not among them',
  PIP_CACHE_DIR: "pip keeps what it downloads there, with the mirrors' addresses, and it stays in the image",
  PIP_CONFIG_FILE: 'pip reads that file after ours, or none at all where it is /dev/null',
  PIP_ISOLATED: "pip does not read root's files, so no mirror",
}

const keysIn = (path: string): readonly { section: string; key: IndexOption }[] => {
  // A FIFO there would keep a reader waiting, and pip with it.
  const isFile = ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP'], () => statSync(path))?.isFile()
  return parseConfigFile(isFile ? readFileSync(path, 'utf8') : '').entries.flatMap(({ section, key, value }) => {
    const option = optionOf(key)
    return isIndexOption(option) && value !== '' ? [{ section, key: option }] : []
  })
}

/** The folder of the system's configuration (XDG Base Directory Specification). */
const systemFolder = '/etc/xdg'

/**
 * Looks for what affects pip's indexes besides our files: pip reads the folders of XDG_CONFIG_DIRS before root's files,
 * and `pip.conf` in Python's prefix and the variables after it (pip's documentation, Configuration).
 *
 * @param environment The environment that hooks in the chroot have.
 * @param root Where the image's root is, seen from this process.
 */
export const competingSettings = (environment: Environment, root = '/'): CompetingSettings => {
  const siteFolders = (environment['XDG_CONFIG_DIRS'] || systemFolder).split(delimiter)
  const overridden = new Map<string, Set<IndexOption>>()
  // /etc/xdg/pip/pip.conf and /etc/pip.conf are mounted over.
  for (const folder of siteFolders.filter((site) => site !== systemFolder)) {
    for (const { section, key } of keysIn(join(root, folder, 'pip', 'pip.conf'))) {
      overridden.set(section, new Set([...(overridden.get(section) ?? []), key]))
    }
  }
  const warnings = [...variableWarnings(environment, variables)]
  if (!siteFolders.includes(systemFolder)) {
    warnings.push(
      `XDG_CONFIG_DIRS in the build's environment lacks ${systemFolder}: the installers of users other than root do not find the mirrors; add it`,
    )
  }
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
