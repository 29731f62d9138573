import { redact } from '../http/credentials.js'
import type { Format } from './config-files.js'
import { parseConfigFile } from './pip/config-file.js'
import { optionOf } from './pip/options.js'
import { isTable, parseToml } from './uv/toml.js'

const words = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean)
  if (Array.isArray(value)) return value.flatMap(words)
  return isTable(value) ? words(value['url']) : []
}

const options: readonly string[] = ['index-url', 'extra-index-url', 'find-links']

const inToml = (text: string): readonly string[] => {
  const top = parseToml(text)
  const tables = [top, top?.['pip']].filter(isTable)
  return tables.flatMap((table) => [...options, 'index'].flatMap((key) => words(table[key])))
}

/**
 * The indexes and the folders of packages that a file of an installer names, without their passwords.
 *
 * @param format The file's format.
 * @param text What it says; what no installer could read names none.
 */
export const namedIndexes = (format: Format, text: string): readonly string[] => {
  const all =
    format === 'uv'
      ? inToml(text)
      : parseConfigFile(text).entries.flatMap(({ key, value }) => (options.includes(optionOf(key)) ? words(value) : []))
  return [...new Set(all.map(redact))]
}
