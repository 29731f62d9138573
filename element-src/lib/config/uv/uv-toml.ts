import { parse, stringify, type TomlTable, type TomlValue } from 'smol-toml'
import { UserError } from '../../base/errors.js'
import { urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings } from '../../settings/settings.js'
import { type Dialect, type Entry, remark } from '../pip/config-file.js'
import type { OwnFile } from '../pip/pip-conf.js'

const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

// The parser's tables have no prototype, so that none would equal one of ours.
const plain = (value: TomlValue): TomlValue => {
  if (typeof value === 'string') return asBytes(value)
  if (Array.isArray(value)) return value.map(plain)
  if (!isTable(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [asBytes(key), plain(inner)]))
}

/** The values that are not tables. An array of tables is one value; an empty table says nothing. */
const leavesOf = (value: TomlValue, path: readonly string[] = []): readonly Entry[] =>
  isTable(value)
    ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]))
    : [{ path, value: value }]

/**
 * Reads TOML 1.0; whole numbers are bigint, so that they are told from others.
 *
 * @param text The text, one character per byte, as its values are: an escape such as `\u00fc` is two of them.
 * @returns Its values, or the number of the line that cannot be read, 0 if that is not known.
 */
const parseToml = (text: string): readonly Entry[] | number => {
  try {
    return leavesOf(plain(parse(Buffer.from(text, 'latin1').toString('utf8'), { integersAsBigInt: true })))
  } catch (error) {
    return (error as { line?: number }).line ?? 0
  }
}

const setIn = (table: TomlTable, { path: [key = '', ...below], value }: Entry): TomlTable => {
  const { [key]: before, ...others } = table
  if (below.length === 0) return value === undefined ? others : { ...table, [key]: value as TomlValue }
  const inner = setIn(isTable(before) ? before : {}, { path: below, value })
  return Object.keys(inner).length === 0 ? others : { ...table, [key]: inner }
}

/** uv.toml. By an edit its comments go: what a hook writes around ours does not come here. */
export const tomlDialect: Dialect = {
  read: (text) => {
    const entries = parseToml(text)
    return typeof entries === 'number'
      ? { entries: [], fault: `it is not TOML${entries === 0 ? '' : ` (line ${entries})`}` }
      : { entries, fault: undefined }
  },
  settingOf: ({ path: [key = '', inner = ''] }) => (key === 'pip' ? inner : key),
  itemsOf: ({ value }) => (Array.isArray(value) ? value : undefined),
  edit: (text, changes) => {
    const table = [...tomlDialect.read(text).entries, ...changes].reduce(setIn, {})
    const written = stringify(table, { numbersAsFloat: true }).trim()
    return written === '' ? '' : `${written}\n`
  },
}

// A basic string of TOML 1.0: JSON's escapes are its own.
const quote = (text: string): string => JSON.stringify(text)

const list = (items: readonly string[]): string => `[${items.map(quote).join(', ')}]`

/** The keys by which uv finds packages (uv's documentation, Settings); each may be in the table `pip`, too. */
const uvIndexKeys = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'index'] as const

/** The keys of the image's own file that do not stay in force: those above, and the ones that name uv's cache. */
const replaced: readonly string[] = [
  ...uvIndexKeys,
  'index-strategy',
  'allow-insecure-host',
  'cache-dir',
  'no-cache',
  'link-mode',
]

/** The keys by which uv finds packages that a file sets. */
export const uvIndexKeysIn = (text: string): readonly string[] => {
  const found = tomlDialect.read(text).entries.map(tomlDialect.settingOf)
  return uvIndexKeys.filter((key) => found.includes(key))
}

/** What stays in force of the image's own file: as it is written, if that can be. */
const staying = ({ path, own = '' }: OwnFile): string => {
  const entries = parseToml(own)
  if (typeof entries === 'number') {
    throw new UserError(`${path} in the image is not TOML that uv could read (line ${entries}): fix it or remove it`)
  }
  const gone = entries.filter((entry) => replaced.includes(tomlDialect.settingOf(entry)))
  if (gone.length === 0) return own
  return tomlDialect.edit(
    own,
    gone.map((entry) => ({ ...entry, value: undefined })),
  )
}

/**
 * Renders uv.toml, with the indexes in pip's order (uv's documentation, Settings). These keys are older than `[[index]]`:
 * uv knows them since 0.2.12, and copes with several folders since 0.2.16. It asks the extra indexes before `index-url`, so that
 * this is the last here; and it takes what the first of them has, unless it is told to choose among all of them as pip does.
 * Our keys are at the top level alone, and come first: what a hook appends is not drawn into one of our tables.
 *
 * @param file The image's own file: what it sets besides indexes stays in force.
 * @param cacheFolder Where uv may keep what it downloads, in the image; undefined for nowhere.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const renderUvToml = (
  { indexes, unverifiedHosts }: PipSettings,
  file: OwnFile,
  cacheFolder?: string,
): string => {
  const urls = indexes.map(urlWithCredentials)
  const lines = [`# ${remark}`, `index-url = ${quote(urls.at(-1) ?? '')}`]
  if (urls.length > 1) {
    lines.push(`extra-index-url = ${list(urls.slice(0, -1))}`, 'index-strategy = "unsafe-best-match"')
  }
  // uv needs no trust for http, and before 0.4 some refuse the key.
  if (unverifiedHosts.length > 0) lines.push(`allow-insecure-host = ${list(unverifiedHosts)}`)
  if (cacheFolder === undefined) lines.push('no-cache = true')
  // On another file system uv would warn that it cannot make hard links.
  else lines.push('no-cache = false', `cache-dir = ${quote(cacheFolder)}`, 'link-mode = "copy"')
  return `${lines.join('\n')}\n${staying(file)}`
}
