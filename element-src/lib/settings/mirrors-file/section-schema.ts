import * as z from 'zod/mini'
import { localMirrorUrl } from '../../image/stage.js'
import { folderOfMirror } from '../../index/local-url.js'
import type { Index } from '../index-list.js'
import { parsePatterns } from '../project-patterns.js'
import { type Rule, textBy } from '../variables.js'

/** A number of each unit, in the order of the groups of the patterns below, in seconds. */
const units = [7 * 86_400, 86_400, 3_600, 60, 1]

/** `1 week`, `7 days`, `24 hours`, `1d 12h`: uv's "friendly" durations, in whole numbers. */
const friendly =
  /^(?:(\d{1,9})\s*(?:weeks?|wks?|w))?,?\s*(?:(\d{1,9})\s*(?:days?|d))?,?\s*(?:(\d{1,9})\s*(?:hours?|hrs?|h))?,?\s*(?:(\d{1,9})\s*(?:minutes?|mins?|m))?,?\s*(?:(\d{1,9})\s*(?:seconds?|secs?|s))?(?:\s+ago)?$/

/** `P7D`, `PT24H`: ISO 8601's durations, without the units whose length differs. */
const iso = /^P(?:(\d{1,9})W)?(?:(\d{1,9})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,9})M)?(?:(\d{1,9})S)?)?$/i

const dateAlone = /^(\d{4})-(\d\d)-(\d\d)$/
const instant = /^(\d{4})-(\d\d)-(\d\d)[T ](?:[01]\d|2[0-3]):\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/i

const toIso = (date: Date): string | undefined => (date.getUTCFullYear() > 0 ? date.toISOString() : undefined)

const isDay = (year: number, month: number, day: number): boolean => {
  const date = new Date(Date.UTC(year, month - 1, day))
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/**
 * Reads `exclude-newer` as uv does (its documentation, Settings, exclude-newer): a duration before now, in days of 24 hours;
 * an instant (RFC 3339); or a date, to its end in the time zone of the host.
 *
 * @returns The instant, ISO 8601 in UTC; undefined if it is none of these, as months and years are not.
 */
export const parseExcludeNewer = (text: string, now: Date): string | undefined => {
  const spans = (iso.exec(text) ?? friendly.exec(text))?.slice(1)
  if (spans?.some((count) => count !== undefined)) {
    const seconds = spans.reduce((sum, count, i) => sum + Number(count ?? 0) * (units[i] ?? 0), 0)
    return toIso(new Date(now.getTime() - seconds * 1000))
  }
  const [, year, month, day] = (dateAlone.exec(text) ?? instant.exec(text) ?? []).map(Number)
  if (year === undefined || month === undefined || day === undefined || !isDay(year, month, day)) return undefined
  return toIso(
    dateAlone.test(text) ? new Date(year, month - 1, day + 1) : new Date(text.toUpperCase().replace(' ', 'T')),
  )
}

// The messages follow the key's name.

const isThere: Rule = [(text) => /\S/.test(text), 'is empty: give it a value, or remove the line']

const readBy = <Value>(read: (text: string) => Value, ...rules: readonly Rule[]) =>
  z.optional(textBy(read, isThere, ...rules))

/** A text that stands for something else, as a function reads it that returns undefined if it does not. */
const parsedBy = <Value>(parse: (text: string) => Value | undefined, message: string) =>
  readBy(parse, [(text) => parse(text) !== undefined, message])

const text = (...rules: readonly Rule[]) => readBy((value) => value, ...rules)

/** A text of one line that another program reads. */
const line = text([(value) => /^[^\p{Cc}\u2028\u2029]*$/u.test(value), 'has a control character: remove it'])

const parseSwitch = (value: string): boolean | undefined =>
  /^(?:yes|true|on|1)$/i.test(value) || (/^(?:no|false|off|0)$/i.test(value) ? false : undefined)

const patterns = parsedBy(
  parsePatterns,
  'is not a list of projects: write names of letters, digits, -, _, . and * (for any characters), with commas between them',
)

/** The keys of a section of the mirrors file, read at a time. README.md has a row for each of them; a test holds the two together. */
export const sectionSchema = (now: Date) =>
  z.object({
    /** The index, as DIB_PYPI_MIRROR_URL would name it. */
    url: text(),
    username: line,
    /** A file of the host whose first line is the password. */
    'password-file': line,
    /** A variable of the caller's that holds the password. */
    'password-env': text(
      [(name) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(name), 'must be the name of a variable, without $ and value'],
      // dib keeps these in its record, which its element manifests writes into the image.
      [
        (name) => !name.startsWith('DIB_'),
        'names a variable of dib, which dib writes into its record and the image: give the variable another name',
      ],
    ),
    /** A command of sh whose output's first line is the password. */
    'password-command': line,
    /** Files of the host, PEM. */
    ca: line,
    'client-cert': line,
    'client-key': line,
    /** Whether the certificate of its server is not verified. */
    trusted: parsedBy(parseSwitch, 'must be yes or no'),
    /** The projects that are asked here and nowhere else. */
    projects: patterns,
    /** The projects that are not asked here. */
    exclude: patterns,
    /** Files that were uploaded later are not there. */
    'exclude-newer': parsedBy(
      (value) => parseExcludeNewer(value, now),
      'is not a valid time. Write a duration in weeks, days or hours (7 days, P7D), a date (2026-03-31) or an instant (2026-03-31T12:00:00Z)',
    ),
  })

/** A section as the schema reads it: every value a text, but for lists and switches. */
export type SectionValues = z.output<ReturnType<typeof sectionSchema>>

/** A mirror as its section names it. */
export interface MirrorSection {
  /** It, but for what other files hold. */
  readonly index: Index
  readonly values: SectionValues
  /** Begins a message of one of its keys, such as `/etc/mirrors.ini, line 4: ca in [corp]`. */
  readonly place: (key: keyof SectionValues) => string
  /** Throws such a message, without the value. */
  readonly refuse: (key: keyof SectionValues, why: string) => never
}

/** Refuses keys that do not go together. */
export const refuseContradictions = ({ values, index: { url, scheme, credentials }, refuse }: MirrorSection): void => {
  const has = (key: keyof SectionValues): boolean => key in values
  const [password, second] = (['password-file', 'password-env', 'password-command'] as const).filter(has)
  const ofHttps = (['ca', 'client-cert', 'client-key', 'trusted'] as const).find(has)
  const isFolder = scheme === 'file'
  const rules: readonly (readonly [keyof SectionValues | false | undefined, string])[] = [
    [second, `is a second password, beside ${password}: keep one of the two`],
    [!has('username') && password, 'has no username beside it: add a line username = ...'],
    [
      has('username') && password === undefined && 'username',
      'has no password beside it: add password-file, password-env or password-command',
    ],
    [
      has('username') && credentials !== undefined && 'username',
      'is a second one, beside that in url: keep one of the two',
    ],
    [
      has('client-key') && !has('client-cert') && 'client-key',
      'has no client-cert beside it: add the certificate of this key',
    ],
    [values.trusted && has('ca') && 'trusted', 'switches off what ca is for: remove one of the two'],
    [scheme !== 'https' && ofHttps, 'is for https, and url is not: remove the line, or write https://'],
    [
      isFolder && folderOfMirror(url) === undefined && 'url',
      `is a folder outside ${localMirrorUrl}, the local mirror: write that, or the URL of a server`,
    ],
    [isFolder && has('username') && 'username', 'is for a server, and url is a folder: remove the line'],
    [
      isFolder && has('exclude-newer') && 'exclude-newer',
      'needs the time of each upload, which no folder has: remove the line',
    ],
  ]
  for (const [key, why] of rules) if (key) refuse(key, why)
}
