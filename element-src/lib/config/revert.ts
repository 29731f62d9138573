import { readdirSync, unlinkSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { faultsOf, UserError } from '../base/errors.js'
import { warn } from '../base/log.js'
import {
  accessOf,
  modificationTime,
  replaceEntry,
  replaceFile,
  setAccess,
  setModificationTime,
  usualAccess,
} from '../image/attributes.js'
import { keepTimes, removeMadeFolders } from '../image/footprint.js'
import { entryInRoot, fileText, lstatAt, resolveLinks, textInRoot } from '../image/path-in-root.js'
import { type Applied, type AppliedFile, type AppliedFolder, isAlone, listEntries } from './apply.js'
import { holdsSecret, isMadeOfOurs, merge } from './merge.js'
import { etcUvToml, systemUvToml } from './places.js'

/** One of our files, with what the image's own says by now; undefined if there is none, or our empty stub. */
interface Unmounted extends AppliedFile {
  readonly now: string | undefined
}

/** What changes are carried between, on the host. */
interface Sides {
  readonly root: string
  readonly stage: string
  readonly files: readonly Unmounted[]
  readonly secrets: readonly string[]
}

/** The texts of the files in an entry, itself or below. */
const textsBelow = (path: string): readonly string[] =>
  lstatAt(path)?.isDirectory()
    ? readdirSync(path).flatMap((name) => textsBelow(join(path, name)))
    : [fileText(path) ?? '']

/** What the image's file becomes by an edit of our file, or of a copy of it at a path. */
const merged = (file: Unmounted, edited: string, secrets: readonly string[], path: string): string | undefined =>
  merge(file, file.now, edited, secrets, (key) => {
    warn(
      `left ${key} out of ${path} in the image: another element's hook wrote a credential of this build's mirrors there`,
    )
  })

/** Brings a change of one of our files into the image, and says whether there was one. In place: no other file was put there. */
const keepFile = ({ root, stage, secrets }: Sides, file: Unmounted, isInPlace: boolean): boolean => {
  const [to, from] = [join(root, file.path), join(stage, file.source)]
  const edited = fileText(from)
  if (edited === undefined) return replaceEntry(from, to)
  const access = accessOf(from)
  const ownAccess = file.now === undefined ? usualAccess : accessOf(to)
  // If the hook did not change it, the image's own stays as it is.
  const newAccess = isDeepStrictEqual(access, file.access) ? ownAccess : access
  const text = merged(file, edited, secrets, file.path)
  // What environment.d/02-follow-system-uv.bash wrote behind ours is not a change of another hook.
  const isFollowed =
    isInPlace &&
    file.path === systemUvToml &&
    text?.trimEnd() === textInRoot(root, resolveLinks(etcUvToml, root))?.trimEnd()
  if (text === undefined || text === file.now || isFollowed) {
    if (file.now === undefined || isDeepStrictEqual(newAccess, ownAccess)) return false
    setAccess(to, newAccess)
  } else replaceFile(to, text, isInPlace && file.now !== undefined ? to : from, modificationTime(from), newAccess)
  return true
}

/** What rpm and dpkg call a file that they write beside one which looks changed: the package's own, or the one from before. */
const leftover = /^(.+)\.(?:(rpmnew|dpkg-dist|dpkg-new)|rpmsave|rpmorig|dpkg-old)$/

const warnOfLeftover = (path: string, own: string): void =>
  warn(
    `a package manager left ${path} in the image: it took this build's ${own} for one changed by hand. If nobody changed the image's own, ${
      leftover.exec(path)?.[2] ? `move it to ${own}` : 'remove it'
    } in finalise.d`,
  )

/** Brings an entry beside our files, which a hook changed or made, into the image, and says whether there was one. */
const keepOther = ({ root, stage, files, secrets }: Sides, folder: AppliedFolder, name: string): boolean => {
  const path = join(folder.path, name)
  const [to, from] = [join(root, path), join(stage, folder.source, name)]
  const edited = fileText(from)
  const [, besideName = '', isOfPackage] = leftover.exec(name) ?? []
  const beside = files.find((file) => file.path === join(folder.path, besideName))
  if (beside !== undefined && lstatAt(from) !== undefined) {
    const own = join(root, beside.path)
    // Without us there would have been nothing in the package's way.
    const isFree = beside.own === undefined && !lstatAt(own)?.isFile()
    if (isFree && isOfPackage !== undefined && edited !== undefined) return replaceEntry(from, own)
    if (beside.own !== undefined) warnOfLeftover(path, beside.path)
  }
  const made = edited === undefined ? [] : files.filter((file) => isMadeOfOurs(file, edited))
  const original =
    made.find(({ content }) => content === edited) ?? made.find((file) => dirname(file.path) === folder.path) ?? made[0]
  if (edited !== undefined && original !== undefined) {
    // A hook copied our file. Without this element it would have copied the image's own.
    const text = merged(original, edited, secrets, path)
    if (text === undefined) return false
    replaceFile(to, text, from, modificationTime(from))
    return true
  }
  if (holdsSecret(textsBelow(from), secrets)) {
    warn(`left ${path} out of the image: another hook wrote a credential of this build's mirrors into it`)
    return false
  }
  return replaceEntry(from, to)
}

/** Applies what other hooks changed, made and deleted in one of our folders to the image's, and says what that is. */
const revertFolder = (sides: Sides, folder: AppliedFolder, isMade: boolean, attempt: (step: () => void) => void) => {
  const { root, stage, files } = sides
  // Another hook removed it or put a link in its place, so nothing of ours is in it.
  if (!entryInRoot(root, folder.path)?.isDirectory()) return []
  const [ours, target] = [join(stage, folder.source), join(root, folder.path)]
  const time = modificationTime(target)
  const [first, last] = [new Map(folder.entries), new Map(listEntries(ours))]
  const changed = [...new Set([...first.keys(), ...last.keys()])].filter((name) => first.get(name) !== last.get(name))
  const ourFile = (name: string) => files.find(({ source }) => source === join(folder.source, name))
  const kept: string[] = []
  // Ours first: what a package manager left beside one may take its place.
  for (const name of [...changed.filter(ourFile), ...changed.filter((name) => !ourFile(name))]) {
    attempt(() => {
      const file = ourFile(name)
      // A version begins with the inode.
      const isInPlace = first.get(name)?.split(' ')[0] === last.get(name)?.split(' ')[0]
      const isKept = file === undefined ? keepOther(sides, folder, name) : keepFile(sides, file, isInPlace)
      if (isKept) kept.push(join(folder.path, name))
    })
  }
  attempt(() => {
    const access = accessOf(ours)
    if (!isDeepStrictEqual(access, folder.access)) setAccess(target, access)
    if (kept.length === 0 && modificationTime(target) === time) return
    const newTime = modificationTime(ours)
    setModificationTime(target, isMade || newTime !== folder.time ? newTime : time)
  })
  return kept
}

/**
 * Takes out of the image what was mounted over it: the stubs and the folders. The folders around them get their times back.
 * dib has unmounted everything by now. What another hook changed there is kept in the image. Every step is tried, even if
 * others fail. It runs on the host, as root.
 *
 * @returns The stubs and folders that were removed, what another hook changed, and what could not be undone, a line each.
 */
export const revert = (root: string, stage: string, applied: Applied, secrets: readonly string[]) => {
  const removed: string[] = []
  const kept: string[] = []
  const faults: string[] = []
  const attempt = (step: () => void): void => void faults.push(...faultsOf(step))
  const restoreTimes = keepTimes(root, applied.touchedFolders)
  const files: Unmounted[] = []
  for (const file of applied.files) {
    attempt(() => {
      const text = textInRoot(root, file.path)
      const now = text === '' && file.own === undefined ? undefined : text
      if (now !== undefined && now !== file.own && isMadeOfOurs(file, now))
        throw new UserError(
          `${file.path} in the image holds this build's configuration: dib copied it before it was unmounted; build again`,
        )
      files.push({ ...file, now })
    })
  }
  const sides: Sides = { root, stage, files, secrets }
  for (const folder of applied.folders)
    attempt(() => {
      kept.push(...revertFolder(sides, folder, applied.madeFolders.includes(folder.path), attempt))
    })
  // Those that were mounted by themselves: their stubs go, other hooks' changes stay.
  for (const file of files.filter(isAlone)) {
    attempt(() => {
      const folder = dirname(file.path)
      // Another hook removed or replaced it, perhaps by a link, so nothing of ours is in it.
      if (entryInRoot(root, file.path)?.isFile()) {
        const isStub = file.now === undefined
        // There may be no space left for a change: no file is better than an empty one.
        if (isStub) unlinkSync(join(root, file.path))
        const folderTime = modificationTime(join(root, folder))
        try {
          if (keepFile(sides, file, true)) kept.push(file.path)
          else if (isStub) removed.push(file.path)
        } finally {
          setModificationTime(join(root, folder), folderTime)
        }
      }
      if (!entryInRoot(root, folder)?.isDirectory()) return
      for (const name of readdirSync(join(root, folder)).filter((name) => !file.beside.includes(name)))
        if (leftover.exec(name)?.[1] === basename(file.path)) warnOfLeftover(join(folder, name), file.path)
    })
  }
  for (const path of [...applied.madeFolders].reverse())
    attempt(() => void removed.push(...removeMadeFolders(root, [path])))
  restoreTimes.forEach(attempt)
  return { removed, kept, faults }
}
