/** A number, a date or a time, as TOML writes it: whole numbers in decimal digits. */
export class Literal {
  constructor(readonly text: string) {}
}

/** Texts have a character for each byte of UTF-8, as the file that they come from. */
export type TomlValue = string | boolean | Literal | readonly TomlValue[] | TomlTable
export interface TomlTable {
  readonly [key: string]: TomlValue
}

type Value = string | boolean | Literal | Value[] | Table
type Table = Map<string, Value>

// Controls but the tab, and in texts of several lines but line feeds too.
const plain = String.raw`[^\0-\x08\n-\x1f\x7f`
const plainLines = String.raw`[^\0-\x08\v-\x1f\x7f`
const escaped = String.raw`\\(?:[btnfr"\\]|u[\dA-Fa-f]{4}|U[\dA-Fa-f]{8})`
const digits = String.raw`\d(?:_?\d)*`
const whole = String.raw`[+-]?(?:0|[1-9](?:_?\d)*)`
const exponent = `[eE][+-]?${digits}`
const day = String.raw`\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])`
const time = String.raw`(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d+)?`
const zone = String.raw`(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)?`

/** TOML 1.0's tokens, by its grammar (toml.io, toml.abnf). */
const tokens = {
  blanks: /[ \t]*/y,
  lineEnd: new RegExp(String.raw`[ \t]*(?:#${plain}]*)?(?:\n|$)`, 'y'),
  /** Between the values of an array. */
  gap: new RegExp(String.raw`(?:[ \t\n]|#${plain}]*(?:\n|$))*`, 'y'),
  bareKey: /[\w-]+/y,
  dot: /[ \t]*\.[ \t]*/y,
  equals: /[ \t]*=[ \t]*/y,
  comma: /[ \t]*,[ \t]*/y,
  literal: new RegExp(`'(${plain}']*)'`, 'y'),
  basic: new RegExp(String.raw`"((?:${plain}"\\]|${escaped})*)"`, 'y'),
  literalLines: new RegExp(`'''\\n?(${plainLines}]*?)'''('{0,2})`, 'y'),
  basicLines: new RegExp(
    String.raw`"""\n?((?:${plainLines}"\\]|"(?!"")|${escaped}|\\[ \t]*\n[ \t\n]*)*)"""("{0,2})`,
    'y',
  ),
  truth: /true|false/y,
  moment: new RegExp(`(${day})(?:[Tt ]${time}${zone})?|${time}`, 'y'),
  float: new RegExp(String.raw`${whole}(?:\.${digits}(?:${exponent})?|${exponent})|[+-]?(?:inf|nan)`, 'y'),
  integer: new RegExp(`0x[\\dA-Fa-f](?:_?[\\dA-Fa-f])*|0o[0-7](?:_?[0-7])*|0b[01](?:_?[01])*|${whole}`, 'y'),
} as const

const escapes: Readonly<Record<string, string>> = { b: '\b', t: '\t', n: '\n', f: '\f', r: '\r', '"': '"', '\\': '\\' }

const asBytes = (text: string): string => Buffer.from(text, 'utf8').toString('latin1')

/** A day that is not in the calendar is no value (PEP 680 refuses it as well). */
const isDay = (text: string): boolean => {
  const [year = 0, month = 0, date = 0] = text.split('-').map(Number)
  return year > 0 && new Date(Date.UTC(year, month - 1, date)).getUTCDate() === date
}

const asRecord = (table: Table): TomlTable =>
  Object.fromEntries([...table].map(([key, value]): [string, TomlValue] => [key, asPlain(value)]))
const asPlain = (value: Value): TomlValue =>
  value instanceof Map ? asRecord(value) : Array.isArray(value) ? value.map(asPlain) : value

/**
 * Reads TOML 1.0.
 *
 * @param text The text, one character per byte.
 * @returns Its values, or the number of the line that cannot be read, 0 if that is not known.
 */
export const parseToml = (text: string): TomlTable | number => {
  const source = text.replaceAll('\r\n', '\n')
  let at = 0
  /** The tables that a header or a dotted key of an earlier section has opened: no later one adds to them. */
  const closed = new Set<Value>()
  /** Those of dotted keys in this section. */
  const dotted = new Set<Value>()
  /** Inline tables and arrays: nothing adds to them. */
  const fixed = new Set<Value>()

  const fail = (): never => {
    throw Object.assign(new SyntaxError('not TOML'), { line: source.slice(0, at).split('\n').length })
  }
  const take = (token: RegExp): RegExpExecArray | undefined => {
    token.lastIndex = at
    const found = token.exec(source) ?? undefined
    if (found !== undefined) at = token.lastIndex
    return found
  }
  const takeSign = (sign: string): boolean => {
    const isThere = source.startsWith(sign, at)
    if (isThere) at += sign.length
    return isThere
  }
  const decode = (written: string): string =>
    written.replace(
      /\\(?:[ \t]*\n[ \t\n]*|u(.{4})|U(.{8})|(.))/g,
      (_all, four?: string, eight?: string, sign?: string) => {
        if (sign !== undefined) return escapes[sign] ?? ''
        const hex = four ?? eight
        if (hex === undefined) return ''
        const code = Number.parseInt(hex, 16)
        return code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff) ? fail() : asBytes(String.fromCodePoint(code))
      },
    )

  const readKey = (): readonly string[] => {
    const keys: string[] = []
    do {
      const basic = take(tokens.basic)?.[1]
      keys.push(
        basic === undefined ? (take(tokens.literal)?.[1] ?? take(tokens.bareKey)?.[0] ?? fail()) : decode(basic),
      )
    } while (take(tokens.dot) !== undefined)
    return keys
  }
  const readArray = (): Value[] => {
    const items: Value[] = []
    for (take(tokens.gap); !takeSign(']'); take(tokens.gap)) {
      items.push(readValue())
      take(tokens.gap)
      if (!takeSign(',') && source[at] !== ']') fail()
    }
    return items
  }
  const readInlineTable = (): Table => {
    const table: Table = new Map()
    take(tokens.blanks)
    if (takeSign('}')) return table
    do assign(table)
    while (take(tokens.comma) !== undefined)
    take(tokens.blanks)
    return takeSign('}') ? table : fail()
  }
  const readValue = (): Value => {
    const lines = take(tokens.literalLines)
    if (lines !== undefined) return `${lines[1]}${lines[2]}`
    const decodedLines = take(tokens.basicLines)
    if (decodedLines !== undefined) return decode(decodedLines[1] ?? '') + decodedLines[2]
    const basic = take(tokens.basic)
    if (basic !== undefined) return decode(basic[1] ?? '')
    const literal = take(tokens.literal)
    if (literal !== undefined) return literal[1] ?? ''
    if (takeSign('[')) return readArray()
    if (takeSign('{')) return readInlineTable()
    const truth = take(tokens.truth)
    if (truth !== undefined) return truth[0] === 'true'
    const moment = take(tokens.moment)
    if (moment !== undefined) return moment[1] === undefined || isDay(moment[1]) ? new Literal(moment[0]) : fail()
    const float = take(tokens.float)
    if (float !== undefined) return new Literal(float[0].replaceAll('_', ''))
    const integer = (take(tokens.integer) ?? fail())[0].replaceAll('_', '')
    return new Literal(`${integer.startsWith('-') ? '-' : ''}${BigInt(integer.replace(/^[+-]/, ''))}`)
  }

  /** The table of a key within another, which is made if it is missing. A list is its last table. */
  const openTable = (table: Table, key: string): Table => {
    const there = table.get(key) ?? new Map()
    table.set(key, there)
    const last = Array.isArray(there) ? there.at(-1) : there
    return last instanceof Map && !fixed.has(there) ? last : fail()
  }
  const assign = (within: Table): void => {
    const keys = [...readKey()]
    const last = keys.pop() ?? ''
    if (take(tokens.equals) === undefined) fail()
    const value = readValue()
    let table = within
    for (const key of keys) {
      if (Array.isArray(table.get(key))) fail()
      table = openTable(table, key)
      if (closed.has(table)) fail()
      dotted.add(table)
    }
    if (table.has(last)) fail()
    table.set(last, value)
    if (typeof value === 'object') fixed.add(value)
  }
  const openSection = (top: Table): Table => {
    for (const table of dotted) closed.add(table)
    dotted.clear()
    const isList = takeSign('[')
    take(tokens.blanks)
    const keys = [...readKey()]
    take(tokens.blanks)
    if (!takeSign(isList ? ']]' : ']')) fail()
    const last = keys.pop() ?? ''
    const above = keys.reduce(openTable, top)
    const there = above.get(last)
    if (isList) {
      const table: Table = new Map()
      if (there !== undefined && !(Array.isArray(there) && !fixed.has(there))) fail()
      above.set(last, [...(Array.isArray(there) ? there : []), table])
      return table
    }
    if (Array.isArray(there)) fail()
    const table = openTable(above, last)
    if (closed.has(table)) fail()
    closed.add(table)
    return table
  }

  try {
    const top: Table = new Map()
    let section = top
    while (at < source.length) {
      if (take(tokens.lineEnd) !== undefined) continue
      take(tokens.blanks)
      if (takeSign('[')) section = openSection(top)
      else assign(section)
      if (take(tokens.lineEnd) === undefined) fail()
    }
    return asRecord(top)
  } catch (error) {
    return (error as { line?: number }).line ?? 0
  }
}
