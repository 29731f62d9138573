import { lstatSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'

/**
 * Follows a path in the image until a part is missing or is a link. Returns the path up to that part, and what is there.
 */
const follow = (root: string, path: string): { way: string; entry: Stats | undefined } => {
  let way = root
  let entry: Stats | undefined = lstatSync(root)
  for (const name of path.split('/').filter(Boolean)) {
    way = join(way, name)
    entry = ignoreErrors(['ENOENT', 'ENOTDIR'], () => lstatSync(way))
    if (entry === undefined || entry.isSymbolicLink()) break
  }
  return { way, entry }
}

/**
 * Looks at a path in the image from the host, where an absolute link in the image would lead to the host's own files.
 *
 * @param root The image's root, on the host.
 * @param path An absolute path in the image.
 * @returns What is there, or undefined where nothing is, or no folder on the way.
 * @throws UserError where the path or a folder on its way is a link.
 */
export const lstatInRoot = (root: string, path: string): Stats | undefined => {
  const { way, entry } = follow(root, path)
  if (entry?.isSymbolicLink()) {
    throw new UserError(
      `${way} in the image is a symbolic link, which could lead to the host's own files: make it a folder`,
    )
  }
  return entry
}

/**
 * Looks at a path in the image from the host, as lstatInRoot does, but a link is no error.
 *
 * @param root The image's root, on the host.
 * @param path An absolute path in the image.
 * @returns What is there, or undefined where nothing is, or where the path or a folder on its way is a link.
 */
export const entryInRoot = (root: string, path: string): Stats | undefined => {
  const { entry } = follow(root, path)
  return entry?.isSymbolicLink() ? undefined : entry
}
