import { type Stats, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ignoreErrors } from '../base/errors.js'
import { followLinks, linkAt } from '../image/path-in-root.js'
import { mirrorMountPoint } from '../image/stage.js'

const isInMirror = (path: string): boolean => `${path}/`.startsWith(`${mirrorMountPoint}/`)

/**
 * The folder of the local mirror that a URL is, compared as a URL: `FILE:///tmp//pypi/.` and `file:///tmp/%70ypi` are the mirror
 * too.
 *
 * @returns The folder below the mirror: empty for the mirror itself, such as `Debian-12` for one in it; undefined for any
 *   other URL.
 */
export const folderOfMirror = (url: string): string | undefined => {
  if (!/^file:/i.test(url)) return undefined
  let path: string
  try {
    path = posix.normalize(fileURLToPath(new URL(url))).replace(/\/+$/, '')
  } catch {
    // A host, an escaped slash or escapes that are no UTF-8: none is in a path of the image.
    return undefined
  }
  return isInMirror(path) ? path.slice(mirrorMountPoint.length + 1) : undefined
}

/** The URL of what is below a folder; the folder's URL has no slash at its end. */
export const urlBelow = (url: string, below: string): string =>
  [url, ...below.split('/').filter(Boolean).map(encodeURIComponent)].join('/')

/** What the image sees at a path of the mirror. */
export type Found =
  /** A regular file. */
  | 'file'
  | 'folder'
  /** A FIFO, a socket or a device, at which an installer would wait. */
  | 'special'
  | 'missing'
  /** A symbolic link on the way leads to something outside the mirror, which the image cannot see. */
  | 'outside'

const kindOf = (entry: Stats | undefined): Found => {
  if (entry === undefined) return 'missing'
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'folder' : 'special'
}

const follow = (mirror: string, path: string): { readonly found: Found; readonly path: string } => {
  const onHost = (seen: string): string => join(mirror, seen.slice(mirrorMountPoint.length))
  const seen = followLinks(`${mirrorMountPoint}/${path}`, (next) =>
    isInMirror(next) && next !== mirrorMountPoint ? linkAt(onHost(next)) : undefined,
  )
  if (seen === undefined) return { found: 'missing', path }
  if (!isInMirror(seen)) return { found: 'outside', path }
  const real = onHost(seen)
  return {
    found: kindOf(ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'], () => statSync(real))),
    path: real,
  }
}

/**
 * Looks up a path of the mirror as the image does, where the mirror alone is mounted: each symbolic link on the way is followed
 * from there, and not from where the mirror is on the host. The relay, which is on the host, serves the same.
 *
 * @param mirror The mirror, on the host.
 * @param path A path below it, with `/` between names.
 */
export const findInMirror = (mirror: string, path: string): Found => follow(mirror, path).found

/** Where on the host the file is that a URL stands for in the image; undefined if the image does not see one there. */
export const fileAtUrl = (mirror: string, url: string): string | undefined => {
  const below = folderOfMirror(url)
  if (below === undefined) return undefined
  const { found, path } = ignoreErrors(['EACCES'], () => follow(mirror, below)) ?? { found: 'missing', path: '' }
  return found === 'file' ? path : undefined
}
