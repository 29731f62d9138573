import { lstatSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
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
 * @returns What is there, or undefined if nothing is, or no folder on the way.
 * @throws UserError if the path or a folder on its way is a link.
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
 * Looks at a path in the image from the host, as lstatInRoot does, but a link is not an error.
 *
 * @param root The image's root, on the host.
 * @param path An absolute path in the image.
 * @returns What is there, or undefined if nothing is, or if the path or a folder on its way is a link.
 */
export const entryInRoot = (root: string, path: string): Stats | undefined => {
  const { entry } = follow(root, path)
  return entry?.isSymbolicLink() ? undefined : entry
}

// Of the kernel (path_resolution(7)).
const mostLinks = 40

/** Where a link leads, as it is written; undefined if none is there. */
export const linkAt = (path: string): string | undefined =>
  ignoreErrors(['ENOENT', 'ENOTDIR', 'EINVAL', 'ENAMETOOLONG'], () => readlinkSync(path))

/**
 * A path without links, as realpath(1) finds it with --canonicalize-missing.
 *
 * @param path An absolute path.
 * @param readLink What the link at a path says; undefined if none is there.
 * @returns The path; undefined if a link leads to itself.
 */
export const followLinks = (path: string, readLink: (path: string) => string | undefined): string | undefined => {
  let done = '/'
  let links = 0
  const names = path.split('/')
  for (let name = names.shift(); name !== undefined; name = names.shift()) {
    if (name === '' || name === '.') continue
    const next = name === '..' ? dirname(done) : join(done, name)
    const target = name === '..' ? undefined : readLink(next)
    if (target === undefined) {
      done = next
      continue
    }
    links += 1
    if (links > mostLinks) return undefined
    if (target.startsWith('/')) done = '/'
    names.unshift(...target.split('/'))
  }
  return done
}

/**
 * A path of the image without links: every link stays within the image.
 *
 * @param path An absolute path in the image.
 * @param root The image's root, as this process sees it; in the chroot it is `/`.
 * @throws UserError if a link leads to itself.
 */
export const resolveLinks = (path: string, root = '/'): string => {
  const found = followLinks(path, (next) => linkAt(join(root, next)))
  if (found === undefined) throw new UserError(`${path} in the image is a link that leads to itself: remove it`)
  return found
}

/**
 * Refuses an image in which something else is where a folder is needed.
 *
 * @param imageRoot The image's root, on the host.
 * @param path Where a folder must be, or nothing, in the image. A symbolic link is not followed and passes.
 * @throws UserError if a file is there, or whatever else is not a folder.
 */
export const refuseFileAt = (imageRoot: string, path: string): void => {
  const entry = entryInRoot(imageRoot, path)
  if (entry !== undefined && !entry.isDirectory()) {
    throw new UserError(`${path} in the image is not a folder, as the element needs it: remove it in root.d`)
  }
}
