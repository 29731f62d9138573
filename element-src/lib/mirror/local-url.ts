import { posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tolerate } from '../hook/error.js'
import { mirrorMountPoint } from '../stage/paths.js'

/** Whether a path of the image is the local mirror or is in it. */
export const isInMirror = (path: string): boolean => `${path}/`.startsWith(`${mirrorMountPoint}/`)

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
  // An escaped slash or a host is in no path of the image.
  const faults = ['ERR_INVALID_URL', 'ERR_INVALID_FILE_URL_PATH', 'ERR_INVALID_FILE_URL_HOST', 'ERR_INVALID_ARG_VALUE']
  const path = tolerate(faults, () => posix.normalize(fileURLToPath(new URL(url))).replace(/\/+$/, ''))
  return path !== undefined && isInMirror(path) ? path.slice(mirrorMountPoint.length + 1) : undefined
}

/**
 * The URL of a folder below another.
 *
 * @param url The other's URL, without a slash at its end.
 * @param below Where the folder is, below it; empty for the folder itself.
 */
export const urlBelow = (url: string, below: string): string =>
  [url, ...below.split('/').filter(Boolean).map(encodeURIComponent)].join('/')
