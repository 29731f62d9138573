import { parse, type TomlTable, type TomlValue } from 'smol-toml'
import { urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings } from '../../settings/settings.js'
import { type Dialect, type Entry, type OwnFile, readOwn, remark } from '../pip/config-file.js'

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
  isTable(value) ? Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key])) : [{ path, value }]

/** A basic string of TOML 1.0: JSON's escapes are its own. */
const quote = (text: string): string => JSON.stringify(text).replaceAll('\x7f', '\\u007f')

const nameOf = (key: string): string => (/^[\w-]+$/.test(key) ? key : quote(key))

/** A value as TOML, in one line. */
const written = (value: unknown): string => {
  if (typeof value === 'string') return quote(value)
  if (value instanceof Date) return value.toISOString()
  // Whole numbers are bigint.
  if (typeof value === 'number') return Number.isInteger(value) ? value.toFixed(1) : String(value)
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (!isTable(value)) return String(value)
  const pairs = Object.entries(value).map(([key, inner]) => `${nameOf(key)} = ${written(inner)}`)
  return `{ ${pairs.join(', ')} }`
}

/** The keys by which uv finds packages (uv's documentation, Settings); each may be in the table `pip`, too. */
const uvIndexKeys: readonly string[] = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'index']

/**
 * uv.toml, which is TOML 1.0, one character per byte, as its values are: an escape such as `\u00fc` is two of them. By an edit
 * its comments go: what a hook writes around ours does not come here.
 */
export const tomlDialect: Dialect = {
  read: (text) => {
    try {
      // Whole numbers as bigint are told from others.
      const table = parse(Buffer.from(text, 'latin1').toString('utf8'), { integersAsBigInt: true })
      return { entries: leavesOf(plain(table)), fault: undefined }
    } catch (error) {
      const { line } = error as { line?: number }
      return { entries: [], fault: `it is not TOML${line === undefined ? '' : ` (line ${line})`}` }
    }
  },
  settingOf: ({ path: [key = '', inner = ''] }) => (key === 'pip' ? inner : key),
  indexSettings: uvIndexKeys,
  itemsOf: ({ value }) => (Array.isArray(value) ? value : undefined),
  edit: (text, changes) => {
    const entries = [...tomlDialect.read(text).entries, ...changes]
    const tables = new Map([['', '']])
    // Of two at one path the later counts, in the place of the first.
    for (const { path, value } of new Map(entries.map((entry) => [JSON.stringify(entry.path), entry])).values()) {
      if (value === undefined) continue
      const [key = '', ...above] = path.map(nameOf).reverse()
      const table = above.reverse().join('.')
      tables.set(table, `${tables.get(table) ?? `\n[${table}]\n`}${key} = ${written(value)}\n`)
    }
    return [...tables.values()].join('').trimStart()
  },
}

/** What does not stay in force of the image's own file. */
const replaced = [...uvIndexKeys, 'index-strategy', 'allow-insecure-host', 'cache-dir', 'no-cache', 'link-mode']

/** What stays in force: as it is written, if that can be. */
const staying = (file: OwnFile): string => {
  const gone = readOwn(tomlDialect, file).filter((entry) => replaced.includes(tomlDialect.settingOf(entry)))
  const changes = gone.map(({ path }) => ({ path, value: undefined }))
  const { own = '' } = file
  return gone.length === 0 ? own : tomlDialect.edit(own, changes)
}

/**
 * Renders uv.toml, with the indexes in pip's order (uv's documentation, Settings). These keys are older than `[[index]]`:
 * uv knows them since 0.2.12, and copes with several folders since 0.2.16. It asks the extra indexes before `index-url`, so that
 * this is the last here; and it takes what the first of them has, unless it is told to choose among all of them as pip does.
 * Our keys are at the top level alone, and come first: what a hook appends is not drawn into one of our tables.
 *
 * @param cacheFolder In the image; undefined for no cache.
 */
export const renderUvToml = (settings: PipSettings, file: OwnFile, cacheFolder?: string): string => {
  const { indexes, unverifiedHosts } = settings
  const urls = indexes.map(urlWithCredentials)
  const lines = [`# ${remark}`, `index-url = ${quote(urls.at(-1) ?? '')}`]
  if (urls.length > 1) {
    lines.push(`extra-index-url = ${written(urls.slice(0, -1))}`, 'index-strategy = "unsafe-best-match"')
  }
  // uv needs no trust for http, and before 0.4 some refuse the key.
  if (unverifiedHosts.length > 0) lines.push(`allow-insecure-host = ${written(unverifiedHosts)}`)
  if (cacheFolder === undefined) lines.push('no-cache = true')
  // On another file system uv would warn that it cannot make hard links.
  else lines.push('no-cache = false', `cache-dir = ${quote(cacheFolder)}`, 'link-mode = "copy"')
  return `${lines.join('\n')}\n${staying(file)}`
}
