import { lstatSync, readFileSync, readlinkSync, type Stats } from 'node:fs'
import { dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'

// Here a root is that of the image, as this process sees it, and a path is an absolute one in the image.

/** What is at a path, links not followed; undefined if nothing is. */
export const lstatAt = (path: string): Stats | undefined => ignoreErrors(['ENOENT', 'ENOTDIR'], () => lstatSync(path))

// Not by base/files.ts: one that may not be read would be taken for none, and removed.
/** The text of a regular file, no link to one, a character a byte. */
export const fileText = (path: string): string | undefined =>
  lstatAt(path)?.isFile() ? readFileSync(path, 'latin1') : undefined

/** Where a link leads, as it is written; undefined if none is there. */
export const linkAt = (path: string): string | undefined =>
  ignoreErrors(['ENOENT', 'ENOTDIR', 'EINVAL', 'ENAMETOOLONG'], () => readlinkSync(path))

/** A path and the folders that it is in, from the top. */
export const wayTo = (path: string): readonly string[] => (path === '/' ? [] : [...wayTo(dirname(path)), path])

const linkOnWay = (root: string, path: string): string | undefined =>
  wayTo(path)
    .map((part) => join(root, part))
    .find((part) => linkAt(part) !== undefined)

/**
 * What is at a path in the image, from the host, where an absolute link in the image would lead to the host's own files:
 * undefined if nothing is, or if the path or a folder on its way is a link.
 */
export const entryInRoot = (root: string, path: string): Stats | undefined =>
  linkOnWay(root, path) === undefined ? lstatAt(join(root, path)) : undefined

/** The text of a regular file that is found so, a character a byte. */
export const textInRoot = (root: string, path: string): string | undefined =>
  linkOnWay(root, path) === undefined ? fileText(join(root, path)) : undefined

/** As entryInRoot, but a link is an error. */
export const lstatInRoot = (root: string, path: string): Stats | undefined => {
  const link = linkOnWay(root, path)
  if (link === undefined) return lstatAt(join(root, path))
  throw new UserError(
    `${link} in the image is a symbolic link, which could lead to the host's own files: make it a folder`,
  )
}

// Of the kernel (path_resolution(7)).
const mostLinks = 40

/** A path without links, as realpath(1) finds it with --canonicalize-missing; undefined if a link leads to itself. */
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

/** A path of the image without links: every link stays within the image. One that leads to itself is an error. */
export const resolveLinks = (path: string, root = '/'): string => {
  const found = followLinks(path, (next) => linkAt(join(root, next)))
  if (found === undefined) throw new UserError(`${path} in the image is a link that leads to itself: remove it`)
  return found
}

/** Refuses an image in which something else is where a folder is needed. A symbolic link is not followed and passes. */
export const refuseFileAt = (root: string, path: string): void => {
  if (entryInRoot(root, path)?.isDirectory() === false) {
    throw new UserError(`${path} in the image is not a folder, as the element needs it: remove it in root.d`)
  }
}
