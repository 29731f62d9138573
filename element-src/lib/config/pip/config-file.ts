import type { Dialect, Entry } from '../dialect.js'
import { optionOf } from './options.js'

/** A key with its value. */
export interface ConfigEntry {
  readonly section: string
  readonly key: string
  /** The value; the lines of one that goes on over several are joined by line breaks. */
  readonly value: string
  /** The entry's first line in the file, from 0. */
  readonly firstLine: number
  /** The line after its last. */
  readonly endLine: number
}

/** A text in the format of Python's configparser, as far as pip uses it. */
export interface ConfigText {
  readonly lines: readonly string[]
  readonly entries: readonly ConfigEntry[]
  /** The names of the sections, in order; [DEFAULT], whose keys count in each section, is one of them here. */
  readonly sections: readonly string[]
  /** What Python refuses, by the line's number, from 1; each such line is passed over. */
  readonly faults: readonly string[]
}

/**
 * Reads the format that pip's and setuptools' files are in: Python's RawConfigParser (Python's documentation,
 * configparser, Supported INI File Structure). The package ini reads another dialect: it knows no values that go on over
 * several lines, no `key: value`, and cuts a value at `;` and `#`.
 */
export const parseConfigFile = (text: string): ConfigText => {
  const lines = text.split('\n')
  const entries: { section: string; key: string; value: string; firstLine: number; endLine: number }[] = []
  const sections: string[] = []
  const faults: string[] = []
  let section: string | undefined
  let open: (typeof entries)[number] | undefined
  let indent = 0
  lines.forEach((line, number) => {
    if (/^\s*(?:[#;]|$)/.test(line)) return
    const ownIndent = line.search(/\S/)
    if (ownIndent > indent && open !== undefined) {
      open.value = `${open.value}\n${line.trim()}`.trim()
      open.endLine = number + 1
      return
    }
    indent = ownIndent
    const header = /^\s*\[(.+)\]/.exec(line)?.[1]
    if (header !== undefined) {
      if (sections.includes(header) && header !== 'DEFAULT') faults.push(`line ${number + 1} repeats [${header}]`)
      section = header
      if (!sections.includes(header)) sections.push(header)
      open = undefined
      return
    }
    if (section === undefined) {
      faults.push(`line ${number + 1} is before the first section`)
      return
    }
    const [, name, value = ''] = /^\s*([^=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined) {
      faults.push(`line ${number + 1} is not a key with a value`)
      return
    }
    const key = name.toLowerCase()
    if (entries.some((entry) => entry.section === section && entry.key === key)) {
      faults.push(`line ${number + 1} repeats ${key}`)
    }
    open = { section, key, value, firstLine: number, endLine: number + 1 }
    entries.push(open)
  })
  return { lines, entries, sections, faults }
}

/** A section of a file: its keys, each with one value or a list of them. */
export type Section = Readonly<Record<string, string | readonly string[]>>

/** What our files say of themselves. */
export const remark = 'Of the pypi element, for the time of this build. What a hook adds here goes into the image.'

/**
 * Writes the format of Python's configparser. Values stand as they are: RawConfigParser, which is what pip reads with,
 * knows no quotes and no escapes (the package ini writes both, and pip would take them for a part of the URL). A list
 * goes over several lines, which every pip since 1.5 splits at white space.
 */
export const renderConfigFile = (sections: Readonly<Record<string, Section>>): string => {
  const lines = [`# ${remark}`]
  for (const [name, section] of Object.entries(sections)) {
    lines.push(`[${name}]`)
    for (const [key, value] of Object.entries(section)) {
      if (typeof value === 'string') lines.push(`${key} = ${value}`)
      else lines.push(`${key} =`, ...value.map((item) => `    ${item}`))
    }
  }
  return `${lines.join('\n')}\n`
}

const indentOf = (line = ''): string => /^\s*/.exec(line)?.[0] ?? ''

/** Sets a key where it stands, or else at the end of its section, or else in a new section at the end; or takes it out. */
const editEntry = (text: string, { path: [section = '', key = ''], value }: Entry): string => {
  const { lines, entries, sections } = parseConfigFile(text)
  const inSection = entries.filter((entry) => entry.section === section)
  const place = inSection.find((entry) => entry.key === key)
  const [start, end] = [place?.firstLine ?? 0, place?.endLine ?? 0]
  if (value === undefined) return [...lines.slice(0, start), ...lines.slice(end)].join('\n')
  const [first = '', ...others] = Array.isArray(value) ? value.map(String) : String(value).split('\n')
  const linesOf = (indent: string): readonly string[] =>
    [`${key} = ${first}`, ...others.map((line) => `    ${line}`)].map((line) => indent + line)
  if (!sections.includes(section)) {
    return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}[${section}]\n${linesOf('').join('\n')}\n`
  }
  const last = inSection.at(-1)
  const header = lines.findIndex((line) => line.trimStart().startsWith(`[${section}]`))
  // With the indentation of an existing line: a deeper one would continue the value above it.
  const added = linesOf(indentOf(lines[place?.firstLine ?? last?.firstLine ?? header]))
  const at = place === undefined ? (last?.endLine ?? header + 1) : start
  return [...lines.slice(0, at), ...added, ...lines.slice(place === undefined ? at : end)].join('\n')
}

/** The keys whose values are lists. */
const lists: readonly string[] = ['extra-index-url', 'find-links', 'trusted-host']

/** pip.conf and .pydistutils.cfg. By an edit all other lines stay as they are. */
export const iniDialect: Dialect = {
  read: (text) => {
    const { entries, faults } = parseConfigFile(text)
    return { entries: entries.map(({ section, key, value }) => ({ path: [section, key], value })), fault: faults[0] }
  },
  itemsOf: ({ path: [, key = ''], value }) =>
    lists.includes(optionOf(key)) ? String(value).split(/\s+/).filter(Boolean) : undefined,
  edit: (text, changes) => changes.reduce(editEntry, text),
}
