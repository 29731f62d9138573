import { parse } from 'ini'
import * as z from 'zod/mini'
import type { Environment } from '../../base/command.js'
import { UserError } from '../../base/errors.js'
import { readHostFile } from '../../base/files.js'
import { parseJson } from '../../base/json.js'
import { type Index, indexAt, theOfficialIndex } from '../index-list.js'
import { sharedPatterns } from '../project-patterns.js'
import { nearest } from '../variables.js'
import { getCredentials, readPemFiles } from './host-files.js'
import { type MirrorSection, refuseContradictions, sectionSchema } from './section-schema.js'

/** A section as it stands in a mirrors file. Lines are counted from 1. */
interface ScannedSection {
  readonly name: string
  readonly line: number
  /** The line of each key. */
  readonly lines: Map<string, number>
  /** The value of each key. */
  readonly texts: Record<string, string>
}

/** Why a value is not what it looks like to the package ini, or undefined if it is. */
const faultOfValue = (value: string): string | undefined => {
  if (value.startsWith('"'))
    return parseJson(value) === undefined
      ? 'begins with a double quote, but is not a text in double quotes. End it with one, and write \\" and \\\\ for " and \\ in it'
      : undefined
  if (value.startsWith("'")) return 'is in single quotes: use double quotes'
  const [sign] = /[;#\\]/.exec(value) ?? []
  if (sign === undefined) return undefined
  const inQuotes =
    sign === '\\' ? 'Put the value in double quotes, and write \\\\ for it' : 'Put the value in double quotes'
  return `has ${sign} in it, which could begin a comment or an escape. ${inQuotes}, or put the comment on a line of its own`
}

const nameRule = 'name it in letters, digits, - and _, beginning with a letter'

/**
 * Reads the lines of a mirrors file, and refuses what the package ini 6 gets wrong in silence: it cuts values at `;` and `#`,
 * merges what stands there twice, nests `a.b`, loses `__proto__`, what is behind a byte order mark and lines that it cannot read,
 * and makes lists of `key[]`.
 *
 * @returns The sections in the order in which they stand.
 * @throws UserError if a line is refused: the file, the line and the remedy. Values are not shown.
 */
const scanMirrorsFile = (path: string, text: string): readonly ScannedSection[] => {
  const sections: ScannedSection[] = []
  let number = 0
  const refuse = (why: string): never => {
    throw new UserError(`${path}, line ${number}: ${why}`)
  }
  const readSection = (name: string): void => {
    if (!/^[a-z][a-z0-9_-]*$/i.test(name)) refuse(`[${name}] is not a name for a section: ${nameRule}`)
    const same = sections.find((section) => section.name.toLowerCase() === name.toLowerCase())
    if (same !== undefined) refuse(`[${name}] is there already, on line ${same.line}: keep one of the two`)
    if (name.toLowerCase() === 'official' && name !== 'official') refuse('write [official] in small letters')
    sections.push({ name, line: number, lines: new Map(), texts: {} })
  }
  const readKey = (line: string, written: string, value: string): void => {
    const section = sections.at(-1) ?? refuse('is before the first section: write a line such as [corp] before it')
    const [, key, list] = /^([a-z][a-z0-9_-]*)\s*(\[\])?$/i.exec(written.trim()) ?? []
    const name = key ?? refuse(`what stands before the = in [${section.name}] is not a key: write key = value`)
    const fullName = `${name} in [${section.name}]`
    if (list) refuse(`${fullName} is written ${name}[]: write ${name}, with a comma between its values`)
    const before = section.lines.get(name)
    if (before !== undefined) refuse(`${fullName} is there already, on line ${before}: keep one of the two`)
    const fault = faultOfValue(value.trim())
    if (fault !== undefined) refuse(`${fullName} ${fault}`)
    section.lines.set(name, number)
    // ini makes `true`, `false` and `null` what they are in JSON: here they are texts.
    section.texts[name] = String(parse(line)[name])
  }
  for (const line of text.split(/\r?\n/)) {
    number += 1
    if (line.startsWith('\ufeff')) refuse('begins with a byte order mark: save it as UTF-8 without one')
    // All but tabs.
    if (/[^\P{Cc}\t]|[\u2028\u2029\ufeff]/u.test(line)) refuse('has a control character: remove it')
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
    readKey(line, key, value)
  }
  return sections
}

const refuseOverlaps = (sections: readonly MirrorSection[]): void => {
  for (const [i, { index, refuse }] of sections.entries())
    for (const { index: other } of sections.slice(0, i)) {
      const [name, same] = sharedPatterns(index, other) ?? []
      const remedy = 'a project can come from one section only. Remove or exclude it in one of them'
      if (same !== undefined) refuse('projects', `has ${name}, and [${other.name}] has ${same}: ${remedy}`)
    }
}

const readSection = (path: string, { name, line, lines, texts }: ScannedSection, now: Date): MirrorSection => {
  const place = (key: string): string => `${path}, line ${lines.get(key) ?? line}: ${key} in [${name}]`
  const refuse = (key: string, why: string): never => {
    throw new UserError(`${place(key)} ${why}`)
  }
  const schema = sectionSchema(now)
  const { data: values, error } = z.safeParse(schema, texts)
  if (error !== undefined) return refuse(String(error.issues[0]?.path[0]), String(error.issues[0]?.message))
  const known = Object.keys(schema.shape)
  const unknown = Object.keys(texts).find((key) => !known.includes(key))
  if (unknown !== undefined) refuse(unknown, `is not a known key: did you mean ${nearest(unknown, known)}?`)
  const isOfficial = name === 'official'
  if (values.url === undefined && !isOfficial) {
    throw new UserError(`${path}, line ${line}: [${name}] has no url: add a line url = https://...`)
  }
  const { trusted, projects, exclude, 'exclude-newer': excludeNewer } = values
  const index: Index = {
    ...(values.url === undefined ? theOfficialIndex() : indexAt(values.url, place('url'))),
    isOfficial,
    name,
    source: `${path}, [${name}]`,
    trusted: trusted || undefined,
    projects,
    exclude,
    excludeNewer,
  }
  const section: MirrorSection = { index, values, place, refuse }
  refuseContradictions(section)
  return section
}

/** Reads the sections of a mirrors file, at least one, in their order; throws as readMirrorsFile. Nothing else is read or run. */
export const parseMirrorsFile = (path: string, text: string, now: Date): readonly MirrorSection[] => {
  const scanned = scanMirrorsFile(path, text)
  if (scanned.length === 0) {
    throw new UserError(`${path} names no mirror: write a section such as [corp] with a line url = https://... in it`)
  }
  const sections = scanned.map((section) => readSection(path, section, now))
  refuseOverlaps(sections)
  return sections
}

/**
 * Reads DIB_PYPI_MIRRORS: the file and what it names on the host, and runs its commands for passwords, each once. All of the file
 * is checked before anything of it is read or run.
 *
 * @returns The indexes in the order of their sections, of which `official` is absent if it is off; what the user should know, a
 *   line each; and the variables of the caller's that hold passwords.
 * @throws UserError if something cannot be used: the file, the line, the key and the remedy, without the value.
 */
export const readMirrorsFile = (path: string, off: readonly string[], caller: Environment, now: Date) => {
  const { text, isOpen } = readHostFile(path, 'DIB_PYPI_MIRRORS is')
  if (text.includes('\ufffd')) throw new UserError(`${path} is not UTF-8: save it as UTF-8`)
  const sections = parseMirrorsFile(path, text, now)
  const warnings = sections
    .filter(({ index }) => isOpen && index.credentials !== undefined)
    .map(({ place }) => `${place('url')} has a password, and every user of this host can read it: chmod o-r ${path}`)
  const indexes = sections.map((section): Index => {
    const { index } = section
    // What an absent one names is neither read nor run.
    if (index.isOfficial && off.length > 0) return { ...index, absent: off.join(', ') }
    const files = readPemFiles(section, path)
    const credentials = getCredentials(section, path, caller, (warning) => warnings.push(warning)) ?? index.credentials
    return { ...index, ...files, credentials }
  })
  const passwordVariables = sections.flatMap(({ values }) => values['password-env'] ?? [])
  return { indexes, warnings, passwordVariables }
}
