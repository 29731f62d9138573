import { readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../../base/environment.js'
import { ignoreErrors } from '../../base/errors.js'
import { variableWarnings } from '../../settings/variable-warnings.js'

/** What each variable does to the mirrors (uv's documentation, Environment variables). */
const variables: Readonly<Record<string, string>> = {
  UV_INDEX_URL: 'uv asks it instead of the last index',
  UV_DEFAULT_INDEX: 'uv asks it instead of the last index',
  UV_EXTRA_INDEX_URL: 'uv asks it before the mirrors',
  UV_INDEX: 'uv asks it before the mirrors',
  UV_FIND_LINKS: 'uv looks there as well',
  UV_CACHE_DIR: "uv keeps what it downloads there, with the mirrors' addresses, and it stays in the image",
  UV_CONFIG_FILE: 'uv reads that file instead of ours, so no mirror',
  UV_NO_CONFIG: 'uv does not read our file, so no mirror',
}

// A list of the system's file is asked besides ours, and its default index instead of ours.
const indexKey = /^\s*(?:\[\[(index)\]\]|"?(index-url|extra-index-url|find-links|no-index|index)"?\s*=)/gm

/**
 * Looks for what beats our uv.toml: variables, and the system's own file, which uv merges with the user's (uv's
 * documentation, Configuration files).
 *
 * @param environment The environment that hooks in the chroot have.
 * @param root Where the image's root is, seen from this process.
 * @returns A warning for each, naming the variable or the file.
 */
export const competingUvSettings = (environment: Environment, root = '/'): readonly string[] => {
  const siteFolders = (environment['XDG_CONFIG_DIRS'] || '/etc/xdg').split(delimiter)
  // uv reads the first that is there, and /etc/uv/uv.toml where there is none: /etc/xdg is mounted over.
  const before = siteFolders.slice(0, siteFolders.includes('/etc/xdg') ? siteFolders.indexOf('/etc/xdg') : undefined)
  const last = siteFolders.includes('/etc/xdg') ? [] : ['/etc/uv/uv.toml']
  const files = [...before.map((site) => join(site, 'uv', 'uv.toml')), ...last].flatMap((path) => {
    const place = join(root, path)
    const isFile = ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP'], () => statSync(place))?.isFile()
    const text = isFile ? readFileSync(place, 'utf8') : ''
    const keys = [...new Set([...text.matchAll(indexKey)].map(([, table, key]) => table ?? key))]
    return keys.length === 0
      ? []
      : [`${path} in the image sets ${keys.join(', ')}: uv asks these indexes as well as the mirrors; remove it`]
  })
  return [...variableWarnings(environment, variables), ...files]
}
