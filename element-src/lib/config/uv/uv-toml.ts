import { UserError } from '../../base/errors.js'
import { urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings } from '../../settings/settings.js'
import { remark } from '../pip/config-file.js'
import type { OwnFile } from '../pip/overlay.js'
import { isTable, parseToml, type TomlTable, writeToml } from './toml.js'

// A basic string of TOML 1.0: JSON's escapes are its own.
const quote = (text: string): string => JSON.stringify(text)

const list = (items: readonly string[]): string => `[${items.map(quote).join(', ')}]`

/** The keys by which uv finds packages (uv's documentation, Settings); each may be in the table `pip`, too. */
export const uvIndexKeys = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'index'] as const

/** The keys of the image's own file that do not stay in force: those above, and the ones that name uv's cache. */
const replaced: readonly string[] = [
  ...uvIndexKeys,
  'index-strategy',
  'allow-insecure-host',
  'cache-dir',
  'no-cache',
  'link-mode',
]

/** Where uv may keep what it downloads: nowhere, or in a folder of the image. */
export type UvCache = 'none' | { readonly folder: string }

const cacheLines = (cache: UvCache | undefined): readonly string[] => {
  if (cache === undefined) return []
  if (cache === 'none') return ['no-cache = true']
  // On another file system uv would warn that it cannot make hard links.
  return ['no-cache = false', `cache-dir = ${quote(cache.folder)}`, 'link-mode = "copy"']
}

const isReplaced = (table: TomlTable): boolean => Object.keys(table).some((key) => replaced.includes(key))

const without = (table: TomlTable): TomlTable =>
  Object.fromEntries(Object.entries(table).filter(([key]) => !replaced.includes(key)))

/** What stays in force of the image's own file: as it is written, if that can be. */
const staying = (path: string, own: string): string => {
  const values = parseToml(own)
  if (typeof values === 'number') {
    throw new UserError(`${path} in the image is not TOML that uv could read (line ${values}): fix it or remove it`)
  }
  const { pip, ...top } = values
  const tables = [top, ...(isTable(pip) ? [pip] : [])]
  if (!tables.some(isReplaced)) return own
  return writeToml({ ...without(top), ...(pip === undefined ? {} : { pip: isTable(pip) ? without(pip) : pip }) })
}

/**
 * Renders uv.toml, with the indexes in pip's order (uv's documentation, Settings). These keys are older than `[[index]]`:
 * uv knows them since 0.2.12, and copes with several folders since 0.2.16. It asks the extra indexes before `index-url`, so that
 * this is the last here; and it takes what the first of them has, unless it is told to choose among all of them as pip does.
 * Our keys are at the top level alone, and come first: what a hook appends is not drawn into one of our tables.
 *
 * @param file The image's own file: what it sets besides indexes stays in force.
 * @param cache Where uv may keep what it downloads; undefined for its own place.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const renderUvToml = (
  { indexes, unverifiedHosts }: PipSettings,
  { path, own }: OwnFile,
  cache?: UvCache,
): string => {
  const urls = indexes.map(urlWithCredentials)
  const lines = [`# ${remark}`, `index-url = ${quote(urls.at(-1) ?? '')}`]
  if (urls.length > 1) {
    lines.push(`extra-index-url = ${list(urls.slice(0, -1))}`, 'index-strategy = "unsafe-best-match"')
  }
  // uv needs no trust for http, and before 0.4 some refuse the key.
  if (unverifiedHosts.length > 0) lines.push(`allow-insecure-host = ${list(unverifiedHosts)}`)
  return `${[...lines, ...cacheLines(cache)].join('\n')}\n${staying(path, own ?? '')}`
}
