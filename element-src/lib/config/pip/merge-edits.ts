import { UserError } from '../../base/errors.js'
import { type Entry, parseConfigFile } from './config-file.js'
import { removeEntry, setEntry } from './edit-entries.js'

/** A file's three states. */
export interface Edited {
  /** The image's own file; empty where it has none. */
  readonly own: string
  /** Our file as it was mounted over that; it may contain the image's own keys. */
  readonly mounted: string
  /** Our file at the end of the build. */
  readonly edited: string
  /** The credentials in all of our files, which must not get into the image (credentialsIn). */
  readonly credentials: readonly string[]
}

const isSameKey = (a: Entry, b: Entry): boolean => a.section === b.section && a.key === b.key
const isSame = (a: Entry, b: Entry): boolean => isSameKey(a, b) && a.value === b.value

const words = (value: string): readonly string[] => value.split(/\s+/).filter(Boolean)

const isUrl = (word: string): boolean => /^[a-z]+:\/\//i.test(word)

/** A pattern for one of our URLs, with or without a slash at its end, but not for another that begins as it does. */
const asPattern = (url: string): RegExp =>
  new RegExp(`${url.replace(/\/+$/, '').replace(/\W/g, '\\$&')}/*(?=$|[\\s"',;)\\]])`)

/**
 * Recognises our texts by our URLs, and by the credentials in all our files.
 *
 * @param ours The URLs that only we wrote.
 * @param credentials The credentials.
 * @returns Whether a text holds one of them.
 */
export const findOurs = (ours: readonly string[], credentials: readonly string[]): ((text: string) => boolean) => {
  const urls = ours.map(asPattern)
  return (text) => credentials.some((secret) => text.includes(secret)) || urls.some((url) => url.test(text))
}

/** The first line that is no comment. */
const firstEntry = (text: string): string | undefined => text.split('\n').find((line) => /^\s*[^\s#;]/.test(line))

/** Lines that another hook put at the end, with the header of the section that they were put in. */
const withHeader = (added: string, section: string | undefined): string =>
  section === undefined || /^\[/.test(firstEntry(added) ?? '[') ? added : `[${section}]\n${added}`

/** The image's list, made longer by what a hook put into ours; undefined where it did something else. */
const longerList = (own: string | undefined, mounted: string, edited: string): string | undefined => {
  const [before, now] = [words(mounted), words(edited)]
  if (before.length === 0 || !before.every((word) => now.includes(word))) return undefined
  return [...new Set([...words(own ?? ''), ...now.filter((word) => !before.includes(word))])].join('\n')
}

const lists: readonly string[] = ['extra-index-url', 'find-links', 'trusted-host', 'find_links']

/**
 * What the image's own file becomes when another hook has written into ours: the same change, deletions too, without our own
 * keys and without the URLs of our indexes, which may hold passwords.
 *
 * @param states The file's three states.
 * @returns The image's file, or undefined where nothing of the change is another hook's.
 * @throws UserError where the hook left a file that pip cannot read, with something of ours in it.
 */
export const mergeEdits = ({ own, mounted, edited, credentials }: Edited): string | undefined => {
  if (edited === mounted) return undefined
  // A hook that sets up what the image has already.
  if (edited === own && own !== '') return undefined
  const [mine, ours, theirs] = [parseConfigFile(own), parseConfigFile(mounted), parseConfigFile(edited)]
  const isOwn = (entry: Entry): boolean => mine.entries.some((other) => isSame(entry, other))
  const oursAlone = ours.entries.filter((entry) => !isOwn(entry))
  const ownUrls = mine.entries.flatMap(({ value }) => words(value))
  const urls = oursAlone.flatMap(({ value }) => words(value).filter((word) => isUrl(word) && !ownUrls.includes(word)))
  const holdsOurs = findOurs(urls, credentials)
  // Rewritten, with nothing of ours in it: the whole file is the hook's. An empty file of ours cannot be recognised.
  const others = oursAlone.filter(({ value }) => !holdsOurs(value))
  const isLeft = (entry: Entry): boolean => theirs.entries.some((other) => isSame(entry, other))
  const keepsOthers = others.length > 0 && others.every(isLeft)
  if (ours.entries.length > 0 && !holdsOurs(edited) && !keepsOthers) return edited
  const [fault] = theirs.faults
  if (fault !== undefined) {
    throw new UserError(
      `another hook wrote what pip cannot read into this build's configuration: ${fault}; fix that hook`,
    )
  }
  // Lines at the end, comments and all, where the image has no file that they could clash with.
  const added = edited.startsWith(mounted) ? edited.slice(mounted.length) : ''
  const goesOn = /^\s/.test(firstEntry(added) ?? '')
  if (own === '' && added !== '' && !goesOn && !holdsOurs(added)) return withHeader(added, ours.sections.at(-1))
  const isOurs = (entry: Entry): boolean => ours.entries.some((other) => isSame(entry, other))
  const changes = theirs.entries
    .filter((entry) => !isOurs(entry))
    .flatMap((entry) => {
      const before = oursAlone.find((other) => isSameKey(entry, other))
      const ownValue = mine.entries.find((other) => isSameKey(entry, other))?.value
      const isList = lists.includes(entry.key) && before !== undefined
      const longer = isList ? longerList(ownValue, before.value, entry.value) : undefined
      const value = longer ?? entry.value
      if (!holdsOurs(value)) return [{ ...entry, value }]
      const left = words(value).filter((word) => !holdsOurs(word))
      return left.length === 0 ? [] : [{ ...entry, value: left.join('\n') }]
    })
  const removed = mine.entries.filter(
    (entry) =>
      ours.entries.some((other) => isSameKey(entry, other)) && !theirs.entries.some((other) => isSameKey(entry, other)),
  )
  const merged = removed.reduce(removeEntry, changes.reduce(setEntry, own))
  return merged === own ? undefined : merged
}
