import { statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'
import { resolveLinks } from '../image/path-in-root.js'

/** Where a file of ours goes, in the image. */
export interface MountTarget {
  /** The file's path without links, as pip would follow them, dangling ones too. */
  readonly path: string
  /** Whether the image has a file there. */
  readonly exists: boolean
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
 * Finds where a folder of ours goes. Nothing is changed. It runs in the chroot.
 *
 * @param path The path by which it is known, in the image.
 * @throws UserError where something else is there or on the way, or a link leads to itself.
 */
export const findFolder = (path: string): Omit<MountTarget, 'exists'> => {
  const real = resolveLinks(path)
  return { path: real, missingFolders: missingOnWay(real) }
}

/**
 * Finds where a file of ours goes. Nothing is changed. It runs in the chroot.
 *
 * @param path The path by which pip knows the file, in the image.
 * @throws UserError where it is something that pip cannot read, or a link leads to itself.
 */
export const findMountTarget = (path: string): MountTarget => {
  // The folders on the way are checked first: their fault is the one to fix.
  const lexical = join(findFolder(dirname(path)).path, basename(path))
  const real = resolveLinks(lexical)
  const { missingFolders } = findFolder(dirname(real))
  const found = ignoreErrors(['ENOENT'], () => statSync(real))
  if (found !== undefined && !found.isFile())
    throw new UserError(`${path} in the image is not a file, which pip could read: remove it`)
  return { path: real, exists: found !== undefined, missingFolders }
}
