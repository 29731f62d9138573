import { parse } from 'ini'
import * as z from 'zod/mini'
import { UserError } from '../../base/errors.js'
import { localMirrorUrl } from '../../image/stage.js'
import { folderOfMirror } from '../../index/local-url.js'
import { type MirrorUrl, parseMirrorUrl } from '../index-list.js'
import { nearest } from '../nearest.js'
import { covers, overlap } from './project-patterns.js'
import { type ScannedSection, scanMirrorsFile } from './scan.js'
import { type SectionValues, sectionSchema } from './section-schema.js'

/** A mirror as its section names it. */
export interface MirrorSection {
  readonly name: string
  /** Whether it is that of the official index. */
  readonly isOfficial: boolean
  /** Its URL; undefined if the official index stands at its usual address. */
  readonly url: MirrorUrl | undefined
  readonly values: SectionValues
  /** Begins a message of one of its keys, such as `/etc/mirrors.ini, line 4: ca in [corp]`. */
  readonly place: (key: keyof SectionValues) => string
}

const keys = Object.keys(sectionSchema.shape)

/** ini makes `true`, `false` and `null` what they are in JSON: here they are texts. */
const asTexts = (values: unknown): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [key, String(value)]))

/** Refuses keys that do not go together. */
const refuseContradictions = ({ values, url, isOfficial, place }: MirrorSection): void => {
  const refuse = (key: keyof SectionValues, why: string): never => {
    throw new UserError(`${place(key)} ${why}`)
  }
  const passwords = (['password-file', 'password-env', 'password-command'] as const).filter((key) => key in values)
  const [first, second] = passwords
  if (first !== undefined && second !== undefined)
    refuse(second, `is a second password, beside ${first}: keep one of the two`)
  if (first !== undefined && !('username' in values))
    refuse(first, 'has no username beside it: add a line username = ...')
  if ('username' in values && first === undefined) {
    refuse('username', 'has no password beside it: add password-file, password-env or password-command')
  }
  if ('username' in values && url?.credentials !== undefined) {
    refuse('username', 'is a second one, beside that in url: keep one of the two')
  }
  if ('client-key' in values && !('client-cert' in values)) {
    refuse('client-key', 'has no client-cert beside it: add the certificate of this key')
  }
  if (values.trusted && 'ca' in values) refuse('trusted', 'switches off what ca is for: remove one of the two')
  const scheme = isOfficial && url === undefined ? 'https' : url?.scheme
  for (const key of ['ca', 'client-cert', 'client-key', 'trusted'] as const) {
    if (key in values && scheme !== 'https')
      refuse(key, 'is for https, and url is not: remove the line, or write https://')
  }
  if (scheme !== 'file' || url === undefined) return
  if (folderOfMirror(url.url) === undefined) {
    refuse('url', `is a folder outside ${localMirrorUrl}, the local mirror: write that, or the URL of a server`)
  }
  if ('username' in values) refuse('username', 'is for a server, and url is a folder: remove the line')
  if ('exclude-newer' in values) {
    refuse('exclude-newer', 'needs the time of each upload, which no folder has: remove the line')
  }
}

const refuseOverlaps = (sections: readonly MirrorSection[]): void => {
  for (const [i, section] of sections.entries()) {
    for (const other of sections.slice(0, i)) {
      for (const name of section.values.projects ?? []) {
        const same = (other.values.projects ?? []).find(
          (pattern) =>
            overlap(name, pattern) &&
            !(other.values.exclude ?? []).some((excluded) => covers(excluded, name)) &&
            !(section.values.exclude ?? []).some((excluded) => covers(excluded, pattern)),
        )
        if (same !== undefined) {
          throw new UserError(
            `${section.place('projects')} has ${name}, and [${other.name}] has ${same}: a project can come from one section only, so remove or exclude it in one of them`,
          )
        }
      }
    }
  }
}

const readSection = (path: string, scanned: ScannedSection, decoded: unknown): MirrorSection => {
  const { name, line } = scanned
  const place = (key: string): string => `${path}, line ${scanned.keys.get(key) ?? line}: ${key} in [${name}]`
  const result = z.safeParse(sectionSchema, asTexts(decoded))
  if (!result.success) {
    const [issue] = result.error.issues
    if (issue?.code === 'unrecognized_keys') {
      const [unknown = ''] = issue.keys
      throw new UserError(`${place(unknown)} is not a known key: did you mean ${nearest(unknown, keys)}?`)
    }
    throw new UserError(`${place(String(issue?.path[0]))} ${issue?.message}`)
  }
  const isOfficial = name === 'official'
  const values = result.data
  if (values.url === undefined && !isOfficial) {
    throw new UserError(`${path}, line ${line}: [${name}] has no url: add a line url = https://...`)
  }
  const url = values.url === undefined ? undefined : parseMirrorUrl(place('url'), values.url)
  const section: MirrorSection = { name, isOfficial, url, values, place }
  refuseContradictions(section)
  return section
}

/**
 * Reads the sections of a mirrors file. Nothing else is read or run.
 *
 * @returns The mirrors in the order in which they stand; not empty.
 * @throws UserError if something cannot be used: the file, the line, the key and the remedy, without the value.
 */
export const parseMirrorsFile = (path: string, text: string): readonly MirrorSection[] => {
  const scanned = scanMirrorsFile(path, text)
  if (scanned.length === 0) {
    throw new UserError(`${path} names no mirror: write a section such as [corp] with a line url = https://... in it`)
  }
  const decoded = parse(text)
  const sections = scanned.map((section) => readSection(path, section, decoded[section.name]))
  refuseOverlaps(sections)
  return sections
}
