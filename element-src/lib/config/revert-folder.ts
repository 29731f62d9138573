import { lstatSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { warn } from '../base/log.js'
import { modificationTime, setModificationTime } from '../image/modification-time.js'
import { entryInRoot } from '../image/path-in-root.js'
import type { Access, OvermountedEntry, OvermountedFolder } from '../image/state.js'
import { isLeftBehind, isMadeOfOurs, mergeText } from './our-text.js'
import { accessOf, listEntries, usualAccess } from './prepare-folder.js'
import { replaceEntry, replaceFile, setAccess } from './replace-file.js'
import { leftBehind } from './revert-file.js'

const lstat = (path: string) => ignoreErrors(['ENOENT', 'ENOTDIR'], () => lstatSync(path))

/** The text of a regular file, a character a byte; undefined where there is none. */
const textOf = (path: string): string | undefined => (lstat(path)?.isFile() ? readFileSync(path, 'latin1') : undefined)

const isSameAccess = (a: Access, b: Access): boolean => a.mode === b.mode && a.uid === b.uid && a.gid === b.gid

/** The files in an entry, itself or below. */
const filesIn = (path: string): readonly string[] => {
  const found = lstat(path)
  if (found?.isDirectory()) return readdirSync(path).flatMap((name) => filesIn(join(path, name)))
  return found?.isFile() ? [path] : []
}

/** A folder of ours, unmounted by now, and the image's, with what decides over its entries. */
interface Takeoff {
  readonly root: string
  readonly folder: OvermountedFolder
  /** Our folder, on the host. */
  readonly ours: string
  /** The image's folder, on the host. */
  readonly target: string
  readonly credentials: readonly string[]
  /** What the image's own files say, by the names of ours, before any is changed here; undefined where there is none. */
  readonly own: ReadonlyMap<string, string | undefined>
}

const ownText = (root: string, { ownPath }: OvermountedEntry): string | undefined =>
  entryInRoot(root, ownPath)?.isFile() ? readFileSync(join(root, ownPath), 'latin1') : undefined

/** Removes an entry from the image, as another hook removed it from ours. */
const remove = (path: string): boolean => {
  if (lstat(path) === undefined) return false
  rmSync(path, { recursive: true })
  return true
}

/** Brings a change of one of our own files into the image. Returns whether there was one. */
const keepFile = ({ root, folder, ours, target, credentials, own: owns }: Takeoff, file: OvermountedEntry): boolean => {
  const [to, from] = [join(target, file.name), join(ours, file.name)]
  const found = lstat(from)
  if (found === undefined) return remove(to)
  const edited = textOf(from)
  if (edited === undefined) {
    replaceEntry(from, to)
    return true
  }
  const own = owns.get(file.name)
  const access = accessOf(from)
  const ownAccess = own === undefined ? usualAccess : accessOf(join(root, file.ownPath))
  // Where the hook did not change it, the image's own stays as it is.
  const newAccess = isSameAccess(access, file.access) ? ownAccess : access
  const merged = mergeText(file, own, edited, credentials)
  if (merged === undefined) {
    if (own === undefined || isSameAccess(newAccess, ownAccess) || !lstat(to)?.isFile()) return false
    setAccess(to, newAccess)
    return true
  }
  const inode = folder.entries.find(({ name }) => name === file.name)?.version.split(' ')[0]
  const isEditedInPlace = inode === String(found.ino) && lstat(to)?.isFile()
  replaceFile(to, {
    text: merged,
    attributesOf: isEditedInPlace ? to : from,
    access: newAccess,
    time: modificationTime(from),
  })
  return true
}

/** Brings another entry that a hook changed or made into the image. Returns whether there was one. */
const keepOther = ({ folder, ours, target, credentials, own: owns }: Takeoff, name: string): boolean => {
  const [to, from] = [join(target, name), join(ours, name)]
  if (lstat(from) === undefined) return remove(to)
  const edited = textOf(from)
  const original = edited === undefined ? undefined : folder.files.find((file) => isMadeOfOurs(file, edited))
  if (edited !== undefined && original !== undefined) {
    // A hook copied our file. Without this element it would have copied the image's own.
    const own = owns.get(original.name)
    const text = mergeText(original, own, edited, credentials) ?? own
    if (text === undefined) return false
    replaceFile(to, { text, attributesOf: from, access: undefined, time: modificationTime(from) })
    return true
  }
  const secret = filesIn(from).find((path) => {
    const text = readFileSync(path, 'latin1')
    return credentials.some((credential) => text.includes(credential))
  })
  if (secret !== undefined) {
    warn(
      `left ${join(folder.path, name)} out of the image: another hook wrote a credential of this build's mirrors into it`,
    )
    return false
  }
  replaceEntry(from, to)
  return true
}

/** Says that none of our own files is in the image's folder, as it would be had dib copied ours. */
const refuseOurs = ({ folder, ours, target, credentials }: Takeoff, file: OvermountedEntry): void => {
  if (file.ownPath !== join(folder.path, file.name)) return
  const now = textOf(join(target, file.name))
  if (now !== undefined && isLeftBehind(file, now, textOf(join(ours, file.name)) ?? '', credentials)) {
    throw leftBehind(file.ownPath)
  }
}

/**
 * Applies what other hooks changed in a folder of ours, which is unmounted by now, to the image's folder: changes, new
 * files and deletions. Unchanged files are not touched.
 *
 * @param root The image's root, on the host.
 * @param stage The stage folder, on the host.
 * @param folder What was done.
 * @param isMade Whether the image had no such folder.
 * @param credentials The credentials, which must not get into the image.
 * @param attempt How each step is tried.
 * @returns What was changed, in the image.
 */
export const takeOffFolder = (
  root: string,
  stage: string,
  folder: OvermountedFolder,
  isMade: boolean,
  credentials: readonly string[],
  attempt: (action: () => void) => void,
): readonly string[] => {
  // Another hook removed it or put a link in its place, so nothing of ours is in it.
  if (!entryInRoot(root, folder.path)?.isDirectory()) return []
  const takeoff: Takeoff = {
    root,
    folder,
    ours: join(stage, folder.source),
    target: join(root, folder.path),
    credentials,
    own: new Map(folder.files.map((file) => [file.name, ownText(root, file)])),
  }
  const { ours, target } = takeoff
  const time = modificationTime(target)
  const first = new Map(folder.entries.map(({ name, version }) => [name, version]))
  const last = new Map(listEntries(ours).map(({ name, version }) => [name, version]))
  const kept: string[] = []
  for (const name of new Set([...first.keys(), ...last.keys()])) {
    attempt(() => {
      const file = folder.files.find((one) => one.name === name)
      if (file !== undefined) refuseOurs(takeoff, file)
      if (first.get(name) === last.get(name)) return
      const isKept = file === undefined ? keepOther(takeoff, name) : keepFile(takeoff, file)
      if (isKept) kept.push(join(folder.path, name))
    })
  }
  attempt(() => {
    const access = accessOf(ours)
    if (!isSameAccess(access, folder.access)) setAccess(target, access)
    if (kept.length === 0 && modificationTime(target) === time) return
    const newTime = modificationTime(ours)
    setModificationTime(target, isMade || newTime !== folder.time ? newTime : time)
  })
  return kept
}
