import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'
import { resolveLinks, wayTo } from '../image/path-in-root.js'
import type { Applied, AppliedFile } from './applied.js'
import type { ConfigFile } from './config-files.js'

/** Where something of ours goes, in the image. */
interface MountTarget {
  /** Its path without links, as pip would follow them, dangling ones too. */
  readonly path: string
  /** The folders on the way to it that the image does not have, parents first. */
  readonly missingFolders: readonly string[]
}

/** A folder to be mounted over one of the image's. */
export interface PlannedFolder extends MountTarget {
  /** Whether every user has to read what is there, not root alone. */
  readonly isForEveryone: boolean
}

/** A file to be mounted over one of the image's, by itself or in its folder. */
export type PlannedFile = PlannedFolder & Pick<AppliedFile, 'path' | 'format' | 'content' | 'own'>

/** What is to be mounted over the image. A file in one of the folders is not mounted by itself. */
export interface Plan extends Pick<Applied, 'others'> {
  readonly files: readonly PlannedFile[]
  readonly folders: readonly PlannedFolder[]
}

/**
 * Finds where one of our folders goes, by the path by which it is known. It runs in the chroot.
 *
 * @throws UserError if something else is there or on the way, or a link leads to itself.
 */
export const findFolder = (path: string): MountTarget => {
  const real = resolveLinks(path)
  const missingFolders = wayTo(real).filter((folder) => {
    const found = ignoreErrors(['ENOENT'], () => statSync(folder))
    if (found?.isDirectory() === false)
      throw new UserError(`${folder} in the image is not a folder: remove it, or make it one`)
    return found === undefined
  })
  return { path: real, missingFolders }
}

/**
 * Finds where one of our files goes, by the path by which pip knows it. It runs in the chroot.
 *
 * @throws UserError if it is something that pip cannot read, or a link leads to itself.
 */
export const findMountTarget = (path: string): MountTarget & { readonly exists: boolean } => {
  // The folders on the way are checked first: their fault is the one to fix.
  const lexical = join(findFolder(dirname(path)).path, basename(path))
  const real = resolveLinks(lexical)
  const { missingFolders } = findFolder(dirname(real))
  const found = ignoreErrors(['ENOENT'], () => statSync(real))
  if (found !== undefined && !found.isFile())
    throw new UserError(`${path} in the image is not a file, which pip could read: remove it`)
  return { path: real, exists: found !== undefined, missingFolders }
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
 * @param files The files. Of two that are one file in the image, the first counts.
 * @throws UserError if something else is at a mount target.
 */
export const planMountsOver = (files: readonly ConfigFile[]): Plan => {
  const others: Applied['others'][number][] = []
  const planned = new Map<string, PlannedFile>()
  /** Each file by the path by which it is known, and by that without links. */
  const named: { readonly path: string; readonly isForEveryone: boolean }[] = []
  const ownFolders: MountTarget[] = []
  for (const { path: known, format, isForEveryone, ownsFolder, render } of files) {
    const { path, exists, missingFolders } = findMountTarget(known)
    // Latin-1 maps each byte to one character, so unchanged bytes survive in any encoding.
    const own = exists ? readFileSync(path, 'latin1') : undefined
    const content = render(own)
    if (content === undefined) {
      others.push({ path, format, own })
      continue
    }
    const file = planned.get(path) ?? { path, format, own, content, missingFolders, isForEveryone }
    planned.set(path, file)
    const folder = findFolder(dirname(known))
    named.push({ ...file, path: join(folder.path, basename(known)) }, file)
    if (ownsFolder) ownFolders.push(folder)
  }
  const folders = new Map<string, PlannedFolder>()
  for (const { path, missingFolders } of ownFolders) {
    const holdsAnother = named.some((file) => file.path.startsWith(`${path}/`) && dirname(file.path) !== path)
    if (holdsAnother || !(missingFolders.includes(path) || isOfFilesAlone(path))) continue
    const isForEveryone = named.some((file) => dirname(file.path) === path && file.isForEveryone)
    folders.set(path, { path, missingFolders, isForEveryone })
  }
  return { files: [...planned.values()], folders: [...folders.values()], others }
}
