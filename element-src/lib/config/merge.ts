import { isDeepStrictEqual } from 'node:util'
import { UserError } from '../base/errors.js'
import { splitUrl, unquote } from '../http/url.js'
import { type Dialect, type Entry, iniDialect, type OwnFile, remark } from './pip/config-file.js'
import type { Format } from './places.js'
import { tomlDialect } from './uv/uv-toml.js'

export const dialects: Readonly<Record<Format, Dialect>> = { pip: iniDialect, setuptools: iniDialect, uv: tomlDialect }

/** Our file, with what it and the image's own said at first, one character per byte. */
export interface OurFile extends OwnFile {
  readonly format: Format
  readonly content: string
}

/** One that is as long is looked for by itself; a shorter one might be a word, and is looked for with its user. */
const longPassword = 12

/**
 * The spellings in which another hook may have a text from pip or setuptools: with percent signs as in the URL, doubled for
 * an interpolating parser, or decoded.
 */
const spellings = (text: string): readonly string[] => [text, text.replaceAll('%', '%%'), unquote(text, 'latin1')]

/** What must not get into the image of installers' URLs, in each spelling; the relay's path begins with its secret. */
export const secretsIn = (urls: readonly string[], isRelay = false): readonly string[] => {
  const found = urls.flatMap((url) => {
    const { userinfo, rest } = splitUrl(url)
    if (userinfo === undefined) return isRelay ? (/^\/([^/?#]+)/.exec(rest)?.slice(1) ?? []) : []
    const password = userinfo.slice(userinfo.indexOf(':') + 1)
    const alone = password.length >= longPassword ? [password] : []
    return userinfo === '' ? [] : [`//${userinfo}@`, ...(userinfo.includes(':') ? [userinfo] : []), ...alone]
  })
  return [...new Set(found.flatMap(spellings))]
}

/** Whether a text, or one in a value, holds what must not get into the image. */
export const holdsSecret = (value: unknown, secrets: readonly string[]): boolean => {
  if (typeof value === 'string') return secrets.some((secret) => value.includes(secret))
  return typeof value === 'object' && value !== null && Object.values(value).some((one) => holdsSecret(one, secrets))
}

type Items = readonly unknown[]

const isAt =
  (path: readonly string[]) =>
  (entry: Entry): boolean =>
    isDeepStrictEqual(entry.path, path)

const isIn = (item: unknown, items: Items): boolean => items.some((one) => isDeepStrictEqual(one, item))

/** The entries of one of our files that the image's own does not have. */
const oursAlone = ({ format, content, own = '' }: OurFile): readonly Entry[] => {
  const { read } = dialects[format]
  const mine = read(own).entries
  return read(content).entries.filter((entry) => !isIn(entry, mine))
}

/**
 * Whether a text is ours, or was made of ours, as a hook's copy of it is: it has the line by which ours begin, or, since
 * Python's writer drops comments, more than half of our entries. Public text alone, such as the official index's URL, is
 * anybody's.
 */
export const isMadeOfOurs = (file: OurFile, text: string): boolean => {
  if (text.includes(remark)) return true
  const ours = oursAlone(file)
  const left = dialects[file.format].read(text).entries
  return ours.filter((entry) => isIn(entry, left)).length > ours.length / 2
}

/** The first line that is not a comment. */
const firstEntry = (text: string): string | undefined => text.split('\n').find((line) => /^\s*[^\s#;]/.test(line))

/**
 * The image's own file with what a hook wrote before or behind ours, comments and all, or into the part of ours that is the
 * image's own; undefined if it changed our own lines.
 */
const aroundOurs = ({ format, content, own: before = '' }: OurFile, own: string, edited: string) => {
  // uv's has the image's own lines as they are, behind ours.
  const isOwnBehind = before !== '' && content.endsWith(before)
  if (isOwnBehind && own !== before) return undefined
  const [start, end, ...more] = edited.split(isOwnBehind ? content.slice(0, -before.length) : content)
  if (start === undefined || end === undefined || more.length > 0) return undefined
  const first = firstEntry(end)
  // It would go on with the value of our last key.
  if (format !== 'uv' && /^\s/.test(first ?? '')) return undefined
  if (isOwnBehind) return start + end
  const needsHeader = format !== 'uv' && !/^\s*\[/m.test(own) && first !== undefined && !first.startsWith('[')
  const section = dialects[format].read(content).entries.at(-1)?.path[0]
  return `${start}${own}${needsHeader ? `[${section}]\n` : ''}${end}`
}

/** A list as it is for the image: the image's own made longer, if the hook made ours longer. */
const asOwnList = (own: Items, before: Items, edited: Items): Items => {
  if (before.length === 0 || !before.every((item) => isIn(item, edited))) return edited
  const added = edited.filter((item) => !isIn(item, before))
  return [...own.filter((item) => !isIn(item, added)), ...added]
}

/**
 * What the image's own file becomes when another hook has changed ours: the same change, deletions too, without our own
 * entries and without secrets. Of a file that a hook wrote anew, or around ours, each byte counts; otherwise the entries do.
 *
 * @param own What the image's own says by now, as `edited` is what ours does.
 * @param leaveOut Is told of each key that is left out, since it holds a secret.
 * @throws UserError if the hook left a file that cannot be read, with something of ours in it, naming the file.
 */
export const merge = (
  file: OurFile,
  own: string | undefined,
  edited: string,
  secrets: readonly string[],
  leaveOut?: (key: string) => void,
): string | undefined => {
  if (edited === file.content || edited === own) return own
  const { read, itemsOf, edit } = dialects[file.format]
  const isClean = (value: unknown): boolean => !holdsSecret(value, secrets)
  // TOML can write a text with escapes.
  const isCleanText = (text: string): boolean => isClean(text) && isClean(read(text).entries)
  const around = aroundOurs(file, own ?? '', edited)
  if (around !== undefined && isCleanText(around)) return around
  if (!isMadeOfOurs(file, edited) && isCleanText(edited)) return edited
  const [mine, ours, theirs] = [read(own ?? ''), read(file.content), read(edited)]
  if (theirs.fault !== undefined) {
    throw new UserError(
      `another element wrote what ${file.format} cannot read into ${file.path}, beside this build's configuration: ${theirs.fault}; fix that element's hook`,
    )
  }
  const itemsAt = (entries: readonly Entry[], path: readonly string[]): Items =>
    entries.filter(isAt(path)).flatMap((entry) => itemsOf(entry) ?? [])
  const changed = theirs.entries
    .filter((entry) => !isIn(entry, ours.entries))
    .flatMap((entry): readonly Entry[] => {
      const { path, value } = entry
      const items = itemsOf(entry)
      const list = items && asOwnList(itemsAt(mine.entries, path), itemsAt(oursAlone(file), path), items)
      const wanted = list ?? [value]
      const clean = wanted.filter(isClean)
      if (clean.length < wanted.length) leaveOut?.(path.join('.'))
      if (isDeepStrictEqual(clean, items ?? [value])) return [entry]
      return clean.length > 0 ? [{ path, value: clean }] : []
    })
  const removed = mine.entries
    .filter(({ path }) => ours.entries.some(isAt(path)) && !theirs.entries.some(isAt(path)))
    .map(({ path }): Entry => ({ path, value: undefined }))
  return changed.length + removed.length === 0 ? own : edit(own ?? '', [...changed, ...removed])
}
