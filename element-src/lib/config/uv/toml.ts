import { parse, type TomlTable, type TomlValue } from 'smol-toml'
import { UserError } from '../../base/errors.js'

/** A statement of a TOML file: a key with its value, or a table's header. */
export interface Statement {
  /** Its lines, comments before it included. */
  readonly text: string
  /** The table that it stands in or opens; empty at the top level. */
  readonly table: readonly string[]
  /** The keys' path in the table; empty for a header. */
  readonly key: readonly string[]
  /** Whether it is the header of one table of an array. */
  readonly isElement: boolean
}

/** A file's statements in order, and the comments behind the last. */
export interface Statements {
  readonly statements: readonly Statement[]
  readonly rest: string
}

// The parser's tables have no prototype, so that none would equal one of ours.
const plain = (value: TomlValue): TomlValue => {
  if (Array.isArray(value)) return value.map(plain)
  return isTable(value) ? plainTable(value) : value
}

const plainTable = (table: TomlTable): TomlTable =>
  Object.fromEntries(Object.entries(table).map(([key, value]) => [key, plain(value)]))

/**
 * Reads TOML 1.0.
 *
 * @param text The text, one character per byte.
 * @returns Its values, or undefined where it is no TOML.
 */
export const parseToml = (text: string): TomlTable | undefined => {
  try {
    return plainTable(parse(text))
  } catch {
    return undefined
  }
}

/**
 * Reads a file that uv would have to read.
 *
 * @param what The file, for the message.
 * @param text Its text.
 * @throws UserError where it is no TOML, naming the file and the line.
 */
export const readToml = (what: string, text: string): TomlTable => {
  try {
    return plainTable(parse(text))
  } catch (error) {
    const line = (error as { line?: number }).line
    throw new UserError(`${what} is no TOML that uv could read${line ? ` (line ${line})` : ''}: fix it or remove it`)
  }
}

/** Whether a value is a table. */
export const isTable = (value: unknown): value is TomlTable =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date)

/** The way to the only value in a table of tables. */
const pathIn = (table: TomlTable): readonly string[] => {
  const [name, ...others] = Object.keys(table)
  if (name === undefined || others.length > 0) return []
  const value = table[name]
  return [name, ...(isTable(value) ? pathIn(value) : [])]
}

/**
 * Cuts a TOML file into its statements. A statement begins and ends with a line, and none of its beginnings is TOML by itself, so
 * that the parser itself says where each ends.
 *
 * @param text TOML.
 */
export const cutToml = (text: string): Statements => {
  const statements: Statement[] = []
  let table: readonly string[] = []
  let before = ''
  let open = ''
  for (const line of text.match(/[^\n]*\n|[^\n]+$/g) ?? []) {
    if (open === '' && /^\s*(?:#|$)/.test(line)) {
      before += line
      continue
    }
    open += line
    const parsed = parseToml(open)
    if (parsed === undefined) continue
    const isHeader = /^\s*\[/.test(open)
    const isElement = /^\s*\[\[/.test(open)
    const path = isElement ? elementPath(parsed) : pathIn(parsed)
    if (isHeader) table = path
    statements.push({ text: before + open, table, key: isHeader ? [] : path, isElement })
    before = ''
    open = ''
  }
  return { statements, rest: before + open }
}

/** The way to the only array of tables. */
const elementPath = (table: TomlTable): readonly string[] => {
  const [name = ''] = Object.keys(table)
  const value = table[name]
  return [name, ...(isTable(value) ? elementPath(value) : [])]
}
