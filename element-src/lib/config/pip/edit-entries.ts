import { type Entry, parseConfigFile } from './config-file.js'

/** A key with its value, by its section; a list has a line for each item. */
export type Setting = Pick<Entry, 'section' | 'key' | 'value'>

const indentOf = (line = ''): string => /^\s*/.exec(line)?.[0] ?? ''

// With the indentation of the existing line: a deeper one would continue the value above it.
const linesOf = ({ key, value }: Setting, indent: string): readonly string[] => {
  const [first = '', ...others] = value.split('\n')
  return [`${indent}${key} = ${first}`, ...others.map((line) => `${indent}    ${line}`)]
}

/**
 * Sets a key, where it stands, or else at the end of its section, or else in a new section at the end of the file. All
 * other lines stay as they are.
 *
 * @param text The file's text.
 * @param setting What to set.
 * @returns The new text.
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
 *
 * @param text The file's text.
 * @param setting What to take out.
 * @returns The new text.
 */
export const removeEntry = (text: string, { section, key }: Omit<Setting, 'value'>): string => {
  const { lines, entries } = parseConfigFile(text)
  const place = entries.find((entry) => entry.section === section && entry.key === key)
  if (place === undefined) return text
  return [...lines.slice(0, place.firstLine), ...lines.slice(place.endLine)].join('\n')
}
