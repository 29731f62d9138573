import { lstatSync, realpathSync, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { HookError, tolerate } from '../hook/error.js'

/** Where a file of ours goes, in the image. */
export interface MountTarget {
  /** The place without links on its way, as pip would follow them. */
  readonly path: string
  /** Whether the image has a file there. */
  readonly exists: boolean
  /** The folders that must be made first, parents first. */
  readonly missingFolders: readonly string[]
}

const refuseDanglingLink = (path: string): void => {
  if (tolerate(['ENOENT'], () => lstatSync(path)) !== undefined) {
    throw new HookError(`${path} in the image is a link to nothing: make what it names, or remove the link`)
  }
}

/** A folder, or where it would be: its path without links, and what must be made. */
const findFolder = (path: string): Pick<MountTarget, 'path' | 'missingFolders'> => {
  const real = tolerate(['ENOENT'], () => realpathSync(path))
  if (real === undefined) {
    refuseDanglingLink(path)
    const parent = findFolder(dirname(path))
    const made = join(parent.path, basename(path))
    return { path: made, missingFolders: [...parent.missingFolders, made] }
  }
  if (!statSync(real).isDirectory())
    throw new HookError(`${path} in the image is not a folder: remove it, or make it one`)
  return { path: real, missingFolders: [] }
}

/**
 * Finds where a file of ours goes. Nothing is changed. It runs in the chroot, where no link leads out of the image.
 *
 * @param path The path by which pip knows the file, in the image.
 * @throws HookError where it is something that pip cannot read, or a link to nothing.
 */
export const findMountTarget = (path: string): MountTarget => {
  const folder = findFolder(dirname(path))
  const real = tolerate(['ENOENT'], () => realpathSync(path))
  if (real === undefined) {
    refuseDanglingLink(path)
    return { path: join(folder.path, basename(path)), exists: false, missingFolders: folder.missingFolders }
  }
  if (!statSync(real).isFile())
    throw new HookError(`${path} in the image is not a file, which pip could read: remove it`)
  return { path: real, exists: true, missingFolders: [] }
}
