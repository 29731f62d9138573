import { isDeepStrictEqual } from 'node:util'
import { stringify, type TomlTable, type TomlValue } from 'smol-toml'
import { UserError } from '../../base/errors.js'
import { type Edited, findOurs } from '../pip/merge-edits.js'
import { cutToml, isTable, parseToml, readToml, type Statement } from './toml.js'

type Path = readonly string[]

/** A value that is no table, by the path of its keys. An array of tables is one value; an empty table says nothing. */
interface Leaf {
  readonly path: Path
  readonly value: TomlValue
}

const leavesOf = (table: TomlTable, above: Path = []): readonly Leaf[] =>
  Object.entries(table).flatMap(([key, value]): readonly Leaf[] => {
    const path = [...above, key]
    return isTable(value) ? leavesOf(value, path) : [{ path, value }]
  })

const isAt = (path: Path) => (leaf: Leaf) => isDeepStrictEqual(leaf.path, path)
const isIn = (leaf: Leaf, leaves: readonly Leaf[]): boolean => leaves.some((other) => isDeepStrictEqual(other, leaf))

const stringsIn = (value: TomlValue): readonly string[] => {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(stringsIn)
  return isTable(value) ? Object.values(value).flatMap(stringsIn) : []
}

/** What a hook did to our file. */
interface Change {
  readonly path: Path
  /** The image's new value; undefined where the key is to go. */
  readonly value: TomlValue | undefined
}

const apply = (leaves: readonly Leaf[], { path, value }: Change): readonly Leaf[] => {
  if (value === undefined) return leaves.filter((leaf) => !isAt(path)(leaf))
  const leaf = { path, value }
  return leaves.some(isAt(path)) ? leaves.map((one) => (isAt(path)(one) ? leaf : one)) : [...leaves, leaf]
}

const pathOf = ({ table, key }: Statement): Path => [...table, ...key]

const startsWith = (path: Path, start: Path): boolean => isDeepStrictEqual(path.slice(0, start.length), start)

/** A key with its value, as TOML; tables in arrays become arrays of tables. */
const write = (path: Path, value: TomlValue): string =>
  stringify(path.reduceRight<TomlValue>((inner, key) => ({ [key]: inner }), value) as TomlTable).trim()

const quoteKey = (key: string): string => (/^[A-Za-z0-9_-]+$/.test(key) ? key : JSON.stringify(key))

/** A key with its value on a line of its own, with dots where it is in tables below the one that the line stands in. */
const writeLine = (key: Path, value: TomlValue): string =>
  `${key
    .slice(0, -1)
    .map((name) => `${quoteKey(name)}.`)
    .join('')}${write(key.slice(-1), value)}\n`

const isTables = (value: TomlValue | undefined): value is TomlTable[] =>
  Array.isArray(value) && value.length > 0 && value.every(isTable)

/** Makes a change in a text. The statements that it does not concern stay as they are, with their comments and their order. */
const edit = (text: string, { path, value }: Change, before: TomlValue | undefined): string => {
  const { statements, rest } = cutToml(text)
  const isConcerned = (statement: Statement): boolean => startsWith(pathOf(statement), path)
  const result = statements.map((statement) => ({ ...statement, isOld: isConcerned(statement) }))
  const join = (parts: readonly { readonly text: string }[]): string => parts.map((part) => part.text).join('')
  if (isTables(before) && isTables(value) && isDeepStrictEqual(value.slice(0, before.length), before)) {
    return `${text.trimEnd()}\n\n${write(path, value.slice(before.length))}\n`
  }
  const kept = result.filter(({ isOld }) => !isOld)
  if (value === undefined) return join(kept) + rest
  if (isTables(value)) return `${(join(kept) + rest).trimEnd()}\n${write(path, value)}\n`.trimStart()
  const place = result.findIndex(({ isOld }) => isOld)
  if (place >= 0) {
    const key = path.slice(result[place]?.table.length)
    const comments = /^(?:\s*#[^\n]*\n|\s*\n)*/.exec(result[place]?.text ?? '')?.[0] ?? ''
    return (
      join([...result.slice(0, place), { text: comments + writeLine(key, value) }, ...result.slice(place + 1)]) + rest
    )
  }
  // Behind the last key of its table, or the table's header.
  const table = path.slice(0, -1)
  const last = result
    .map((one) => isDeepStrictEqual(one.table, table) || (one.key.length > 1 && startsWith(pathOf(one), table)))
    .lastIndexOf(true)
  if (table.length > 0 && last < 0) {
    return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${write(path, value)}\n`
  }
  const start = join(result.slice(0, last + 1))
  const gap = start === '' || start.endsWith('\n') ? '' : '\n'
  const line = writeLine(path.slice(result[last]?.table.length ?? 0), value)
  return `${start}${gap}${line}${join(result.slice(last + 1))}${rest}`
}

/**
 * What the image's own uv.toml becomes when another hook has written into ours: the same change, deletions too, without our
 * own keys and without the URLs of our indexes. The image's own lines, comments and order stay.
 *
 * @param states The file's three states.
 * @returns The image's file, or undefined where nothing of the change is another hook's.
 * @throws UserError where one of the three is not TOML, or where the result would differ from the image's own with the
 *   hook's changes.
 */
export const mergeUvEdits = ({ own, mounted, edited, credentials }: Edited): string | undefined => {
  if (edited === mounted || (edited === own && own !== '')) return undefined
  const [mine, ours, theirs] = [
    leavesOf(readToml("the image's own uv.toml", own)),
    leavesOf(readToml("this build's uv.toml", mounted)),
    leavesOf(readToml('what another hook made of uv.toml', edited)),
  ]
  const oursAlone = ours.filter((leaf) => !isIn(leaf, mine))
  const ownStrings = mine.flatMap(({ value }) => stringsIn(value))
  const urls = oursAlone
    .flatMap(({ value }) => stringsIn(value))
    .filter((text) => text.includes('://') && !ownStrings.includes(text))
  const holdsOurs = findOurs(urls, credentials)
  const valueHoldsOurs = ({ value }: Leaf): boolean => stringsIn(value).some((text) => holdsOurs(text))
  const others = oursAlone.filter((leaf) => !valueHoldsOurs(leaf))
  const keepsOthers = others.length > 0 && others.every((leaf) => isIn(leaf, theirs))
  // Rewritten, with nothing of ours in it.
  if (edited.trim() !== '' && !holdsOurs(edited) && !keepsOthers) return edited

  const changes = [
    ...theirs
      .filter((leaf) => !isIn(leaf, ours))
      .flatMap((leaf): readonly Change[] => {
        const before = oursAlone.find(isAt(leaf.path))?.value
        const ownValue = mine.find(isAt(leaf.path))?.value
        const value = Array.isArray(leaf.value) ? ownList(ownValue, before, leaf.value, holdsOurs) : leaf.value
        if (Array.isArray(value) && value.length === 0 && Array.isArray(leaf.value) && leaf.value.length > 0) return []
        if (valueHoldsOurs({ path: leaf.path, value })) {
          throw new UserError(
            `another hook wrote one of this build's indexes to ${leaf.path.join('.')} in uv.toml, which must not get into the image: have it use options of uv or variables`,
          )
        }
        return [{ path: leaf.path, value }]
      }),
    ...mine
      .filter(({ path }) => ours.some(isAt(path)) && !theirs.some(isAt(path)))
      .map(({ path }): Change => ({ path, value: undefined })),
  ]
  const expected = changes.reduce(apply, mine)
  const sameAsExpected = (text: string): boolean => {
    const read = parseToml(text)
    if (read === undefined) return false
    const found = leavesOf(read)
    return found.length === expected.length && expected.every((leaf) => isIn(leaf, found))
  }
  if (changes.length === 0) return undefined
  // Lines before and behind ours, comments and all.
  const [start = '', end, ...more] = edited.split(mounted)
  if (end !== undefined && more.length === 0 && !holdsOurs(start + end)) {
    const text = `${start}${own}${own === '' || own.endsWith('\n') ? '' : '\n'}${end}`
    if (sameAsExpected(text)) return text
  }
  const text = changes.reduce(
    (before, change) => edit(before, change, leavesOf(parseToml(before) ?? {}).find(isAt(change.path))?.value),
    own,
  )
  if (!sameAsExpected(text)) {
    throw new UserError(
      "what another hook changed in uv.toml cannot be brought into the image's own: have it write the whole file, or a key on a line of its own",
    )
  }
  return text === own ? undefined : text
}

/** A list as it is for the image: without what is ours, and with the image's own where the hook only made ours longer. */
const ownList = (
  own: TomlValue | undefined,
  mounted: TomlValue | undefined,
  edited: readonly TomlValue[],
  holdsOurs: (text: string) => boolean,
): TomlValue[] => {
  const isAmong = (list: readonly TomlValue[], item: TomlValue) => list.some((one) => isDeepStrictEqual(one, item))
  const before = Array.isArray(mounted) ? mounted : []
  const isLonger = before.length > 0 && before.every((item) => isAmong(edited, item))
  const added = edited.filter((item) => !isAmong(before, item) && !stringsIn(item).some((text) => holdsOurs(text)))
  const kept = isLonger && Array.isArray(own) ? own.filter((item) => !isAmong(added, item)) : []
  return [...kept, ...added]
}
