import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { warn } from '../base/log.js'
import { accessOf, modificationTime, replaceEntry, replaceFile, setAccess, usualAccess } from '../image/attributes.js'
import { entryInRoot, fileText, lstatAt } from '../image/path-in-root.js'
import type { AppliedFile } from './applied.js'
import { isMadeOfOurs, merge } from './merge.js'
import { etcUvToml, systemUvToml } from './places.js'
import { holdsSecret } from './secrets.js'

/** One of our files that is unmounted by now. */
export interface Unmounted extends AppliedFile {
  /** What the image's own says before anything is changed there; undefined if there is none, or our empty stub. */
  readonly now: string | undefined
}

/** What changes are carried between. */
export interface Sides {
  /** The image's root, on the host. */
  readonly root: string
  /** The stage folder, on the host. */
  readonly stage: string
  readonly files: readonly Unmounted[]
  /** What must not get into the image. */
  readonly secrets: readonly string[]
}

/** The files in an entry, itself or below. */
const filesIn = (path: string): readonly string[] => {
  const found = lstatAt(path)
  if (found?.isDirectory()) return readdirSync(path).flatMap((name) => filesIn(join(path, name)))
  return found?.isFile() ? [path] : []
}

/** What the image's file becomes by an edit of our file, or of a copy of it. */
const merged = (file: Unmounted, edited: string, secrets: readonly string[], path: string): string | undefined =>
  merge(file, file.now, edited, secrets, (key) => {
    warn(
      `left ${key} out of ${path} in the image: another element's hook wrote a credential of this build's mirrors there`,
    )
  })

/**
 * Brings another hook's change of one of our files into the image.
 *
 * @param isInPlace Whether the hook wrote into our file, and put no other in its place.
 * @returns Whether there was one.
 */
export const keepFile = ({ root, stage, secrets }: Sides, file: Unmounted, isInPlace: boolean): boolean => {
  const [to, from] = [join(root, file.path), join(stage, file.source)]
  if (!lstatAt(from)?.isFile()) return replaceEntry(from, to)
  const access = accessOf(from)
  const ownAccess = file.now === undefined ? usualAccess : accessOf(to)
  // If the hook did not change it, the image's own stays as it is.
  const newAccess = isDeepStrictEqual(access, file.access) ? ownAccess : access
  const text = merged(file, readFileSync(from, 'latin1'), secrets, file.path)
  // What environment.d/02-follow-system-uv.bash wrote behind ours is not a change of another hook.
  const isFollowed =
    isInPlace && file.path === systemUvToml && text?.trimEnd() === fileText(join(root, etcUvToml))?.trimEnd()
  if (text === undefined || isFollowed) {
    if (file.now === undefined || isDeepStrictEqual(newAccess, ownAccess)) return false
    setAccess(to, newAccess)
    return true
  }
  const attributesOf = isInPlace && file.now !== undefined ? to : from
  replaceFile(to, text, attributesOf, modificationTime(from), newAccess)
  return true
}

// What rpm and dpkg call a file that they write beside one which looks changed: the package's own, or the one from before.
const leftover = /\.(?:(rpmnew|dpkg-dist|dpkg-new)|rpmsave|rpmorig|dpkg-old)$/

/** Whether a package manager writes a file of that name beside another. */
const isLeftover = (name: string, beside: string): boolean => name.replace(leftover, '') === beside && name !== beside

/** Whether it is the package's own file: the one from before is a copy. */
const isOfPackage = (name: string): boolean => leftover.exec(name)?.[1] !== undefined

const warnOfLeftover = (path: string, own: string): void =>
  warn(
    `a package manager left ${path} in the image: it took this build's ${own} for one changed by hand. If nobody changed the image's own, ${
      isOfPackage(path) ? `move it to ${own}` : 'remove it'
    } in finalise.d`,
  )

/** Warns of what a package manager left beside one of our files that was mounted by itself. */
export const warnOfLeftovers = (root: string, { path, beside }: Unmounted): void => {
  const folder = dirname(path)
  if (!entryInRoot(root, folder)?.isDirectory()) return
  for (const name of readdirSync(join(root, folder))) {
    if (isLeftover(name, basename(path)) && !beside.includes(name)) warnOfLeftover(join(folder, name), path)
  }
}

/**
 * Brings an entry beside our files, which a hook changed or made, into the image.
 *
 * @param folder The folder, in the image.
 * @param source Ours, that was mounted over it.
 * @returns Whether there was one.
 */
export const keepOther = (sides: Sides, folder: string, source: string, name: string): boolean => {
  const { root, stage, files, secrets } = sides
  const path = join(folder, name)
  const [to, from] = [join(root, path), join(stage, source, name)]
  const edited = fileText(from)
  const beside = files.find((file) => dirname(file.path) === folder && isLeftover(name, basename(file.path)))
  if (beside !== undefined && lstatAt(from) !== undefined) {
    const own = join(root, beside.path)
    // Without us there would have been nothing in the package's way.
    const isFree = beside.own === undefined && !lstatAt(own)?.isFile()
    if (isFree && isOfPackage(name) && edited !== undefined) return replaceEntry(from, own)
    if (beside.own !== undefined) warnOfLeftover(path, beside.path)
  }
  const made = edited === undefined ? [] : files.filter((file) => isMadeOfOurs(file, edited))
  const original =
    made.find(({ content }) => content === edited) ?? made.find((file) => dirname(file.path) === folder) ?? made[0]
  if (edited !== undefined && original !== undefined) {
    // A hook copied our file. Without this element it would have copied the image's own.
    const text = merged(original, edited, secrets, path) ?? original.now
    if (text === undefined) return false
    replaceFile(to, text, from, modificationTime(from))
    return true
  }
  if (filesIn(from).some((file) => holdsSecret(readFileSync(file, 'latin1'), secrets))) {
    warn(`left ${path} out of the image: another hook wrote a credential of this build's mirrors into it`)
    return false
  }
  return replaceEntry(from, to)
}
