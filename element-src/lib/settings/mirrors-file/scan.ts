import { UserError } from '../../base/errors.js'

/** Where a section stands in a mirrors file, and its keys. Lines are counted from 1. */
export interface ScannedSection {
  readonly name: string
  readonly line: number
  /** The line of each key. */
  readonly keys: ReadonlyMap<string, number>
}

/** Why a value is not what it looks like to the package ini, or undefined if it is. */
const faultOfValue = (value: string): string | undefined => {
  if (value.startsWith('"')) {
    try {
      JSON.parse(value)
      return undefined
    } catch {
      return 'begins with a double quote, but is not a text in double quotes: end it with one, and write \\" and \\\\ for " and \\ in it'
    }
  }
  if (value.startsWith("'")) return 'is in single quotes: use double quotes'
  const [sign] = /[;#\\]/.exec(value) ?? []
  if (sign === undefined) return undefined
  const inQuotes =
    sign === '\\' ? 'put the value in double quotes, and write \\\\ for it' : 'put the value in double quotes'
  return `has ${sign} in it, which could begin a comment or an escape: ${inQuotes}, or put the comment on a line of its own`
}

const nameRule = 'name it in letters, digits, - and _, beginning with a letter'

/**
 * Reads the lines of a mirrors file, and refuses what the package ini 6 gets wrong in silence: it takes the sections named by
 * numbers first, cuts values at `;` and `#`, merges what stands there twice, nests `a.b`, loses `__proto__`, the section
 * behind a byte order mark and lines that it cannot read, and makes lists of `key[]`.
 *
 * @returns The sections in the order in which they stand. What ini reads from the text is then what stands in it.
 * @throws UserError if a line is refused: the file, the line and the remedy. Values are not shown.
 */
export const scanMirrorsFile = (path: string, text: string): readonly ScannedSection[] => {
  const sections: { name: string; line: number; keys: Map<string, number> }[] = []
  let number = 0
  const refuse = (why: string): never => {
    throw new UserError(`${path}, line ${number}: ${why}`)
  }
  const readSection = (name: string): void => {
    if (!/^[a-z][a-z0-9_-]*$/i.test(name)) refuse(`[${name}] is not a name for a section: ${nameRule}`)
    const same = sections.find((section) => section.name.toLowerCase() === name.toLowerCase())
    if (same !== undefined) refuse(`[${name}] is there already, on line ${same.line}: keep one of the two`)
    if (name.toLowerCase() === 'official' && name !== 'official') refuse('write [official] in small letters')
    sections.push({ name, line: number, keys: new Map() })
  }
  const readKey = (written: string, value: string): void => {
    const section = sections.at(-1) ?? refuse('is before the first section: write a line such as [corp] before it')
    const [, key, list] = /^([a-z][a-z0-9_-]*)\s*(\[\])?$/i.exec(written.trim()) ?? []
    const name =
      key === undefined ? refuse(`what stands before the = in [${section.name}] is not a key: write key = value`) : key
    const fullName = `${name} in [${section.name}]`
    if (list) refuse(`${fullName} is written ${name}[]: write ${name}, with a comma between its values`)
    const before = section.keys.get(name)
    if (before !== undefined) refuse(`${fullName} is there already, on line ${before}: keep one of the two`)
    const fault = faultOfValue(value.trim())
    if (fault !== undefined) refuse(`${fullName} ${fault}`)
    section.keys.set(name, number)
  }
  for (const line of text.split(/\r?\n/)) {
    number += 1
    if (line.startsWith('\ufeff')) refuse('begins with a byte order mark: save it as UTF-8 without one')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
    if (/[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028\u2029\ufeff]/.test(line))
      refuse('has a control character: remove it')
    if (/^\s*(?:[;#].*)?$/.test(line)) continue
    if (/^\s/.test(line)) refuse('is indented: begin it at the margin, with one value on one line')
    const [, name] = /^\[([^\]]*)\]\s*$/.exec(line) ?? []
    if (name !== undefined) {
      readSection(name)
      continue
    }
    if (line.startsWith('[')) refuse('begins with [ but is not a section: write [name] and nothing after it')
    const [, key, value] = /^([^=]+)=(.*)$/.exec(line) ?? []
    if (key === undefined || value === undefined)
      return refuse('is not a key = value, a [section] or a comment: fix or remove it')
    readKey(key, value)
  }
  return sections
}
