import { parse, stringify, type TomlTable, type TomlValue } from 'smol-toml'
import type { Dialect, Entry } from '../dialect.js'

export type { TomlTable, TomlValue }

const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

// The parser's tables have no prototype, so that none would equal one of ours.
const plain = (value: TomlValue): TomlValue => {
  if (typeof value === 'string') return asBytes(value)
  if (Array.isArray(value)) return value.map(plain)
  return isTable(value) ? plainTable(value) : value
}

const plainTable = (table: TomlTable): TomlTable =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [asBytes(key), plain(value)]))

/**
 * Reads TOML 1.0; whole numbers are bigint, so that they are told from others.
 *
 * @param text The text, one character per byte, as its values are: an escape such as `\u00fc` is two of them.
 * @returns Its values, or the number of the line that cannot be read, 0 if that is not known.
 */
export const parseToml = (text: string): TomlTable | number => {
  try {
    return plainTable(parse(Buffer.from(text, 'latin1').toString('utf8'), { integersAsBigInt: true }))
  } catch (error) {
    return (error as { line?: number }).line ?? 0
  }
}

/** Writes values as TOML. */
export const writeToml = (table: TomlTable): string => {
  const text = stringify(table, { numbersAsFloat: true }).trim()
  return text === '' ? '' : `${text}\n`
}

/** Whether a value is a table. */
export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** The values that are not tables. An array of tables is one value; an empty table says nothing. */
const leavesOf = (table: TomlTable, above: readonly string[] = []): readonly Entry[] =>
  Object.entries(table).flatMap(([key, value]): readonly Entry[] => {
    const path = [...above, key]
    return isTable(value) ? leavesOf(value, path) : [{ path, value }]
  })

const setIn = (table: TomlTable, { path: [key = '', ...below], value }: Entry): TomlTable => {
  const { [key]: before, ...others } = table
  if (below.length === 0) return value === undefined ? others : { ...table, [key]: value as TomlValue }
  const inner = setIn(isTable(before) ? before : {}, { path: below, value })
  return Object.keys(inner).length === 0 ? others : { ...table, [key]: inner }
}

/** uv.toml. By an edit its comments go: what a hook writes around ours does not come here. */
export const tomlDialect: Dialect = {
  read: (text) => {
    const values = parseToml(text)
    return typeof values === 'number'
      ? { entries: [], fault: `it is not TOML${values === 0 ? '' : ` (line ${values})`}` }
      : { entries: leavesOf(values), fault: undefined }
  },
  itemsOf: ({ value }) => (Array.isArray(value) ? value : undefined),
  edit: (text, changes) => {
    const values = parseToml(text)
    return writeToml(changes.reduce(setIn, typeof values === 'number' ? {} : values))
  },
}
