import { lstatSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'
import { resolveLinks } from '../image/path-in-root.js'
import type { OtherFile } from './applied.js'
import type { ConfigFile } from './config-files.js'
import type { Place } from './places.js'

/** A file to be mounted over one of the image's, by itself or in its folder. */
export interface PlannedFile extends Place {
  /** The mount target, in the image, with no link on the way. */
  readonly path: string
  readonly missingFolders: readonly string[]
  /** Whether every user has to read it, not root alone. */
  readonly isForEveryone: boolean
  /** What ours says, and the image's own, if it has one. */
  readonly content: string
  readonly own: string | undefined
}

/** A folder to be mounted over one of the image's. */
export type PlannedFolder = Pick<PlannedFile, 'path' | 'missingFolders' | 'isForEveryone'>

/** What is to be mounted over the image. A file in one of the folders is not mounted by itself. */
export interface Plan {
  readonly files: readonly PlannedFile[]
  readonly folders: readonly PlannedFolder[]
  /** Where the image's own stays. */
  readonly others: readonly OtherFile[]
}

/** Where something of ours goes, in the image. */
interface MountTarget {
  /** Its path without links, as pip would follow them, dangling ones too. */
  readonly path: string
  /** The folders on the way to it that the image does not have, parents first. */
  readonly missingFolders: readonly string[]
}

/** The folders on the way to a path without links, and itself, that are missing, parents first. */
const missingOnWay = (folder: string): readonly string[] => {
  if (folder === '/') return []
  const above = missingOnWay(dirname(folder))
  const found = ignoreErrors(['ENOENT'], () => statSync(folder))
  if (found === undefined) return [...above, folder]
  if (!found.isDirectory()) throw new UserError(`${folder} in the image is not a folder: remove it, or make it one`)
  return above
}

/**
 * Finds where one of our folders goes, by the path by which it is known. It runs in the chroot.
 *
 * @throws UserError if something else is there or on the way, or a link leads to itself.
 */
export const findFolder = (path: string): MountTarget => {
  const real = resolveLinks(path)
  return { path: real, missingFolders: missingOnWay(real) }
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

const planFile = ({ path: known, format, isForEveryone, render }: ConfigFile): PlannedFile | OtherFile => {
  const { path, exists, missingFolders } = findMountTarget(known)
  // Latin-1 maps each byte to one character, so unchanged bytes survive in any encoding.
  const own = exists ? readFileSync(path, 'latin1') : undefined
  const content = render(own)
  return { path, format, own, ...(content === undefined ? {} : { content, missingFolders, isForEveryone }) }
}

/**
 * Decides what is mounted over the image: the whole folder if it belongs to one installer, so that other hooks can
 * replace the file in it; otherwise the file alone. Nothing is changed yet. It runs in the chroot.
 *
 * @param files The files. Of two that are one file in the image, the first counts.
 * @throws UserError if something else is at a mount target.
 */
export const planMountsOver = (files: readonly ConfigFile[]): Plan => {
  const others: OtherFile[] = []
  const planned = new Map<string, PlannedFile>()
  const named: { path: string; folder: ReturnType<typeof findFolder>; file: PlannedFile; ownsFolder: boolean }[] = []
  for (const one of files) {
    const found = planFile(one)
    if (!('content' in found)) {
      others.push(found)
      continue
    }
    const file = planned.get(found.path) ?? found
    planned.set(file.path, file)
    const folder = findFolder(dirname(one.path))
    named.push({ path: join(folder.path, basename(one.path)), folder, file, ownsFolder: one.ownsFolder })
    named.push({ path: file.path, folder: { ...file, path: dirname(file.path) }, file, ownsFolder: false })
  }
  const holdsAnother = (folder: string): boolean =>
    named.some(({ path }) => path.startsWith(`${folder}/`) && dirname(path) !== folder)
  const folders = new Map<string, PlannedFolder>()
  for (const { folder, ownsFolder } of named) {
    const { path, missingFolders } = folder
    if (!ownsFolder || folders.has(path) || holdsAnother(path)) continue
    if (!missingFolders.includes(path) && !isOfFilesAlone(path)) continue
    const isForEveryone = named.some((other) => dirname(other.path) === path && other.file.isForEveryone)
    folders.set(path, { path, missingFolders, isForEveryone })
  }
  return { files: [...planned.values()], folders: [...folders.values()], others }
}
