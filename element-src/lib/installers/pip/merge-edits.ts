import { type Entry, parseConfigFile } from './config-file.js'

/** A file's three states. */
export interface Edited {
  /** The image's own file; empty where it has none. */
  readonly own: string
  /** Our file, as it was laid over that. */
  readonly laid: string
  /** Our file at the end of the build. */
  readonly edited: string
  /** What of all of our files no text may hold that goes into the image (credentialsIn). */
  readonly credentials: readonly string[]
}

const unique = (list: readonly string[]): readonly string[] => [...new Set(list)]

/**
 * The credentials in texts, in each spelling in which another hook may have them from pip or setuptools: with percent
 * signs as in the URL, doubled for an interpolating parser, or decoded.
 *
 * @param texts What our files say.
 * @returns Each as `//user:password@`.
 */
export const credentialsIn = (texts: readonly string[]): readonly string[] => {
  const found = texts.flatMap((text) => text.match(/\/\/[^\s/?#]+@/g) ?? [])
  const inUrls = found.flatMap((spelling) => [spelling, spelling.replaceAll('%%', '%')])
  const decoded = inUrls.map((spelling) =>
    spelling.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('latin1'),
    ),
  )
  return unique([...inUrls, ...inUrls.map((spelling) => spelling.replaceAll('%', '%%')), ...decoded])
}

const isSame = (a: Entry, b: Entry): boolean => a.section === b.section && a.key === b.key && a.value === b.value

const entryLines = ({ key, value }: Entry): readonly string[] =>
  `${key} = ${value}`.split('\n').map((line, i) => (i > 0 ? `    ${line}` : line))

const setEntry = (text: string, entry: Entry): string => {
  const { lines, entries, sections } = parseConfigFile(text)
  const result = [...lines]
  const place = entries.find(({ section, key }) => section === entry.section && key === entry.key)
  if (place !== undefined) {
    result.splice(place.firstLine, place.endLine - place.firstLine, ...entryLines(entry))
    return result.join('\n')
  }
  if (!sections.includes(entry.section)) {
    const before = text === '' || text.endsWith('\n') ? text : `${text}\n`
    return `${before}[${entry.section}]\n${entryLines(entry).join('\n')}\n`
  }
  const last = entries.filter(({ section }) => section === entry.section).at(-1)
  const header = lines.findIndex((line) => line.trimStart().startsWith(`[${entry.section}]`))
  result.splice(last?.endLine ?? header + 1, 0, ...entryLines(entry))
  return result.join('\n')
}

const words = (value: string): readonly string[] => value.split(/\s+/).filter(Boolean)

const isUrl = (word: string): boolean => /^[a-z]+:\/\//i.test(word)

/** A pattern for one of our URLs, with or without a slash at its end, but not for another that begins as it does. */
const asPattern = (url: string): RegExp =>
  new RegExp(`${url.replace(/\/+$/, '').replace(/\W/g, '\\$&')}/*(?=$|[\\s"',;)\\]])`)

/** The first line that is no comment. */
const firstEntry = (text: string): string | undefined => text.split('\n').find((line) => /^\s*[^\s#;]/.test(line))

/** Lines that another hook put at the end, with the header of the section that they were put in. */
const withHeader = (added: string, section: string | undefined): string =>
  section === undefined || /^\[/.test(firstEntry(added) ?? '[') ? added : `[${section}]\n${added}`

/**
 * What the image's own file becomes when another hook has written into ours: the same change, without our own keys and
 * without the URLs of our indexes, which may hold passwords.
 *
 * @param states The file's three states.
 * @returns The image's file, or undefined where nothing of the change is another hook's.
 */
export const mergeEdits = ({ own, laid, edited, credentials }: Edited): string | undefined => {
  if (edited === laid) return undefined
  const ours = parseConfigFile(laid)
  const theirs = parseConfigFile(edited)
  const urls = ours.entries.flatMap(({ value }) => words(value).filter(isUrl)).map(asPattern)
  const holdsOurs = (text: string): boolean =>
    credentials.some((secret) => text.includes(secret)) || urls.some((url) => url.test(text))
  const isOurs = (entry: Entry): boolean => ours.entries.some((other) => isSame(entry, other))
  // Written anew, with nothing of ours in it: the whole file is the hook's. Of an empty file of ours nobody can tell.
  if (ours.entries.length > 0 && !theirs.entries.some(isOurs) && !holdsOurs(edited)) return edited
  // Lines at the end, comments and all, where the image has no file that they could clash with.
  const added = edited.startsWith(laid) ? edited.slice(laid.length) : ''
  const goesOn = /^\s/.test(firstEntry(added) ?? '')
  if (own === '' && added !== '' && !goesOn && !holdsOurs(added)) return withHeader(added, ours.sections.at(-1))
  const changes = theirs.entries
    .filter((entry) => !isOurs(entry))
    .flatMap((entry) => {
      if (!holdsOurs(entry.value)) return [entry]
      const value = words(entry.value)
        .filter((word) => !holdsOurs(word))
        .join('\n')
      return value === '' ? [] : [{ ...entry, value }]
    })
  return changes.length === 0 ? undefined : changes.reduce(setEntry, own)
}
