import type { EntriesRead, Entry } from '../entry.js'
import { type ConfigEntry, parseConfigFile } from './config-file.js'
import { optionOf } from './options.js'

/** A key with its value, by its section; a list has a line for each item. */
export type Setting = Pick<ConfigEntry, 'section' | 'key' | 'value'>

const indentOf = (line = ''): string => /^\s*/.exec(line)?.[0] ?? ''

// With the indentation of the existing line: a deeper one would continue the value above it.
const linesOf = ({ key, value }: Setting, indent: string): readonly string[] => {
  const [first = '', ...others] = value.split('\n')
  return [`${indent}${key} = ${first}`, ...others.map((line) => `${indent}    ${line}`)]
}

/**
 * Sets a key, where it stands, or else at the end of its section, or else in a new section at the end of the file. All
 * other lines stay as they are.
 */
export const setEntry = (text: string, setting: Setting): string => {
  const { lines, entries, sections } = parseConfigFile(text)
  const result = [...lines]
  const inSection = entries.filter(({ section }) => section === setting.section)
  const place = inSection.find(({ key }) => key === setting.key)
  if (place !== undefined) {
    const indent = indentOf(lines[place.firstLine])
    result.splice(place.firstLine, place.endLine - place.firstLine, ...linesOf(setting, indent))
    return result.join('\n')
  }
  if (!sections.includes(setting.section)) {
    const before = text === '' || text.endsWith('\n') ? text : `${text}\n`
    return `${before}[${setting.section}]\n${linesOf(setting, '').join('\n')}\n`
  }
  const last = inSection.at(-1)
  const header = lines.findIndex((line) => line.trimStart().startsWith(`[${setting.section}]`))
  const indent = indentOf(lines[last?.firstLine ?? header])
  result.splice(last?.endLine ?? header + 1, 0, ...linesOf(setting, indent))
  return result.join('\n')
}

/**
 * Takes a key out, with all lines of its value. All other lines stay as they are.
 */
export const removeEntry = (text: string, { section, key }: Omit<Setting, 'value'>): string => {
  const { lines, entries } = parseConfigFile(text)
  const place = entries.find((entry) => entry.section === section && entry.key === key)
  if (place === undefined) return text
  return [...lines.slice(0, place.firstLine), ...lines.slice(place.endLine)].join('\n')
}

/** Reads the entries of pip.conf or .pydistutils.cfg. */
export const readConfigText = (text: string): EntriesRead => {
  const { entries, faults } = parseConfigFile(text)
  return { entries: entries.map(({ section, key, value }) => ({ path: [section, key], value })), fault: faults[0] }
}

/** The keys whose values are lists. */
const lists: readonly string[] = ['extra-index-url', 'find-links', 'trusted-host']

/** The items of a value that is a list; undefined if it is none. */
export const wordsOf = ({ path: [, key = ''], value }: Entry): readonly string[] | undefined =>
  lists.includes(optionOf(key)) ? String(value).split(/\s+/).filter(Boolean) : undefined

/** Changes entries; all other lines stay as they are. */
export const editConfigText = (text: string, changes: readonly Entry[]): string =>
  changes.reduce((before, { path: [section = '', key = ''], value }) => {
    if (value === undefined) return removeEntry(before, { section, key })
    return setEntry(before, { section, key, value: Array.isArray(value) ? value.join('\n') : String(value) })
  }, text)
