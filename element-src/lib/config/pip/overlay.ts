import { UserError } from '../../base/errors.js'
import type { Entry } from '../dialect.js'
import { type ConfigText, iniDialect, parseConfigFile, remark, renderConfigFile, type Section } from './config-file.js'

/** One of the image's own files. */
export interface OwnFile {
  /** The path by which the installer knows it, in the image. */
  readonly path: string
  /** What it says, one character per byte; undefined if the image has none. */
  readonly own: string | undefined
}

/** Our value: a list goes over several lines. */
export type Value = string | readonly string[]

/** What becomes of a key of the image's own file: it gets our value, or is taken out, or stays if there is no rule. */
export type Rule = (section: string, key: string) => { readonly value: Value | undefined } | undefined

const asText = (value: Value): string => (typeof value === 'string' ? value : ['', ...value].join('\n'))

/** @throws UserError if the installer could not read it either, naming the file and the line. */
export const parseOwnFile = (path: string, own: string): ConfigText => {
  const parsed = parseConfigFile(own)
  const [fault] = parsed.faults
  if (fault !== undefined) {
    throw new UserError(
      `${path} in the image cannot be read, neither by pip nor by Python: ${fault}; fix it or remove it`,
    )
  }
  return parsed
}

/**
 * The text that replaces the image's own file while the build runs: its keys stay in force except those that a rule
 * names, and ours are added.
 *
 * @param path The file's path in the image, for messages.
 * @param additions Our keys, by their sections; if the own file has one, its place is kept.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const overlay = (
  path: string,
  own: string | undefined,
  rule: Rule,
  additions: Readonly<Record<string, Section>>,
): string => {
  const { entries, sections } = parseOwnFile(path, own ?? '')
  if (sections.length === 0) return `${renderConfigFile(additions)}${own ?? ''}`
  const replaced = entries.flatMap(({ section, key }): readonly Entry[] => {
    const found = rule(section, key)
    return found === undefined ? [] : [{ path: [section, key], value: found.value && asText(found.value) }]
  })
  const added = Object.entries(additions).flatMap(([section, keys]) =>
    Object.entries(keys).map(([key, value]): Entry => ({ path: [section, key], value: asText(value) })),
  )
  return iniDialect.edit(`# ${remark}\n${own ?? ''}`, [...replaced, ...added])
}
