import type { Dialect, Entry } from '../dialect.js'
import { Literal, parseToml, type TomlTable, type TomlValue } from './read-toml.js'

/** Whether a value is a table. */
export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Literal)

// A basic string: JSON's escapes are its own, and a delete has to be escaped, too.
const quote = (text: string): string => JSON.stringify(text).replaceAll('\x7f', '\\u007f')

const writeKey = (key: string): string => (/^[\w-]+$/.test(key) ? key : quote(key))

const writeValue = (value: TomlValue): string => {
  if (typeof value === 'string') return quote(value)
  if (typeof value === 'boolean') return String(value)
  if (value instanceof Literal) return value.text
  if (!isTable(value)) return `[${value.map(writeValue).join(', ')}]`
  const pairs = Object.entries(value).map(([key, inner]) => `${writeKey(key)} = ${writeValue(inner)}`)
  return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
}

/** Writes values as TOML: each table in a section of its own. */
export const writeToml = (table: TomlTable, above = ''): string => {
  const entries = Object.entries(table)
  const lines = entries.flatMap(([key, value]) => (isTable(value) ? [] : [`${writeKey(key)} = ${writeValue(value)}\n`]))
  const sections = entries.flatMap(([key, value]) => {
    const name = above + writeKey(key)
    return isTable(value)
      ? [`${lines.length > 0 || above !== '' ? '\n' : ''}[${name}]\n${writeToml(value, `${name}.`)}`]
      : []
  })
  return [...lines, ...sections].join('')
}

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
