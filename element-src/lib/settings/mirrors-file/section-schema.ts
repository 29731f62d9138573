import * as z from 'zod/mini'
import { parseExcludeNewer } from './exclude-newer.js'
import { parsePatterns } from './project-patterns.js'

// As in variables.ts, each check has its own message. It follows the key's name.

const text = z.string().check(z.regex(/\S/, { error: 'is empty: give it a value, or remove the line' }))

/** A text of one line that another program reads. */
const line = text.check(z.regex(/^[^\p{Cc}\u2028\u2029]*$/u, { error: 'has a control character: remove it' }))

const yes = ['yes', 'true', 'on', '1']
const no = ['no', 'false', 'off', '0']

const yesOrNo = z.pipe(
  text.check(z.refine((value) => [...yes, ...no].includes(value.toLowerCase()), { error: 'must be yes or no' })),
  z.transform((value) => yes.includes(value.toLowerCase())),
)

const patterns = z.pipe(
  text.check(
    z.refine((value) => parsePatterns(value) !== undefined, {
      error:
        'is not a list of projects: write names of letters, digits, -, _, . and * (for any characters), with commas between them',
    }),
  ),
  z.transform((value) => parsePatterns(value) ?? []),
)

/** The keys of a section of the mirrors file. README.md has a row for each of them; a test holds the two together. */
export const sectionSchema = z.strictObject({
  /** The index, as DIB_PYPI_MIRROR_URL would name it. */
  url: z.optional(text),
  username: z.optional(line),
  /** A file of the host whose first line is the password. */
  'password-file': z.optional(line),
  /** A variable of the caller's that holds the password. */
  'password-env': z.optional(
    text.check(
      z.regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'must be the name of a variable, without $ and value' }),
      // dib keeps these in its record, which its element manifests writes into the image.
      z.refine((name) => !name.startsWith('DIB_'), {
        error:
          'names a variable of dib, which dib writes into its record and the image: give the variable another name',
      }),
    ),
  ),
  /** A command of sh whose output's first line is the password. */
  'password-command': z.optional(line),
  /** Files of the host, PEM. */
  ca: z.optional(line),
  'client-cert': z.optional(line),
  'client-key': z.optional(line),
  /** Whether the certificate of its server is not verified. */
  trusted: z.optional(yesOrNo),
  /** The projects that are asked here and nowhere else. */
  projects: z.optional(patterns),
  /** The projects that are not asked here. */
  exclude: z.optional(patterns),
  /** Files that were uploaded later are not there. */
  'exclude-newer': z.optional(
    text.check(
      z.refine((value) => parseExcludeNewer(value, new Date()) !== undefined, {
        error:
          'is not a valid time: write a duration in weeks, days or hours (7 days, P7D), a date (2026-03-31) or an instant (2026-03-31T12:00:00Z)',
      }),
    ),
  ),
})

/** A section as the schema reads it: every value a text, but for lists and switches. */
export type SectionValues = z.output<typeof sectionSchema>
