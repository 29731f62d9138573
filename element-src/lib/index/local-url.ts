import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { mirrorMountPoint } from '../image/paths.js'

const isInMirror = (path: string): boolean => `${path}/`.startsWith(`${mirrorMountPoint}/`)

/**
 * Tells whether a URL is a folder of the local mirror, compared as a URL: `FILE:///tmp//pypi/.` and `file:///tmp/%70ypi` are
 * the mirror too.
 *
 * @param url A URL.
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

/**
 * The URL of a folder below another.
 *
 * @param url The other's URL, without a slash at its end.
 * @param below Where the folder is, below it; empty for the folder itself.
 */
export const urlBelow = (url: string, below: string): string =>
  [url, ...below.split('/').filter(Boolean).map(encodeURIComponent)].join('/')
