import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../base/errors.js'
import { fileText, lstatAt, resolveLinks, wayTo } from '../image/path-in-root.js'
import type { Applied, AppliedFile } from './applied.js'
import type { ConfigFile } from './config-files.js'

/** A folder to be mounted over one of the image's. */
export interface PlannedFolder {
  /** Its path without links, as pip would follow them, dangling ones too. */
  readonly path: string
  /** Whether every user has to read what is there, not root alone. */
  readonly isForEveryone: boolean
}

/** A file to be mounted over one of the image's, by itself or in its folder. */
export type PlannedFile = PlannedFolder & Pick<AppliedFile, 'path' | 'format' | 'content' | 'own'>

/**
 * Finds where one of our folders goes, by the path by which it is known.
 *
 * @throws UserError if something else is there or on the way, or a link leads to itself.
 */
export const findFolder = (path: string): string => {
  const real = resolveLinks(path)
  for (const folder of wayTo(real)) {
    if (lstatAt(folder)?.isDirectory() === false)
      throw new UserError(`${folder} in the image is not a folder: remove it, or make it one`)
  }
  return real
}

/**
 * Finds where one of our files goes, by the path by which pip knows it.
 *
 * @throws UserError if it is something that pip cannot read, or a link leads to itself.
 */
export const findMountTarget = (path: string): string => {
  // The folders on the way are checked first: their fault is the one to fix.
  const real = resolveLinks(join(findFolder(dirname(path)), basename(path)))
  findFolder(dirname(real))
  if (lstatAt(real)?.isFile() === false)
    throw new UserError(`${path} in the image is not a file, which pip could read: remove it`)
  return real
}

/** The size, in bytes, up to which a folder is one of configuration: its files are copied. */
const mostBytes = 1 << 20

/** Whether a folder of the image's holds nothing but files and links, few enough to be an installer's alone. */
const isOfFilesAlone = (folder: string): boolean => {
  let bytes = 0
  for (const name of readdirSync(folder)) {
    const found = lstatSync(join(folder, name))
    bytes += found.isFile() ? found.size : found.isSymbolicLink() ? 0 : mostBytes + 1
    if (bytes > mostBytes) return false
  }
  return true
}

/**
 * Decides what is mounted over the image: the whole folder if it belongs to one installer, so that other hooks can
 * replace the file in it; otherwise the file alone. Nothing is changed yet. It runs in the chroot.
 *
 * @param configFiles The files. Of two that are one file in the image, the first counts.
 * @returns The files and the folders, and files where the image's own stays. A file in one of the folders is not mounted by itself.
 * @throws UserError if something else is at a mount target.
 */
export const planMountsOver = (configFiles: readonly ConfigFile[]) => {
  const others: Applied['others'][number][] = []
  const files = new Map<string, PlannedFile>()
  /** Each file by the path by which it is known, and by that without links. */
  const named: PlannedFolder[] = []
  const ownFolders = new Set<string>()
  for (const { path: known, format, isForEveryone, ownsFolder, render } of configFiles) {
    const path = findMountTarget(known)
    const own = fileText(path)
    const content = render(own)
    if (content === undefined) {
      others.push({ path, format, own })
      continue
    }
    const file = files.get(path) ?? { path, format, own, content, isForEveryone }
    files.set(path, file)
    const folder = findFolder(dirname(known))
    named.push({ ...file, path: join(folder, basename(known)) }, file)
    if (ownsFolder) ownFolders.add(folder)
  }
  const folders = [...ownFolders].flatMap((path): readonly PlannedFolder[] => {
    const holdsAnother = named.some((file) => file.path.startsWith(`${path}/`) && dirname(file.path) !== path)
    if (holdsAnother || (lstatAt(path) !== undefined && !isOfFilesAlone(path))) return []
    return [{ path, isForEveryone: named.some((file) => dirname(file.path) === path && file.isForEveryone) }]
  })
  return { files: [...files.values()], folders, others }
}
