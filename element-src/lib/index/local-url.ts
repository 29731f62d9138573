import { statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { errorCode } from '../base/errors.js'
import { bytesAt, namesIn } from '../base/files.js'
import { followLinks, linkAt } from '../image/path-in-root.js'
import { localMirrorUrl, mirrorMountPoint } from '../image/stage.js'
import { isLocal, type PageFile } from './page.js'
import { readPage } from './read-page.js'

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
  return isInMirror(path) && !path.includes('\0') ? path.slice(mirrorMountPoint.length + 1) : undefined
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
  /** This process may not look. */
  | 'hidden'
  /** A symbolic link on the way leads to something outside the mirror, which the image cannot see. */
  | 'outside'

const follow = (mirror: string, path: string): { found: Found; entry?: { path: string; size: number } } => {
  const onHost = (seen: string): string => join(mirror, seen.slice(mirrorMountPoint.length))
  try {
    const seen = followLinks(`${mirrorMountPoint}/${path}`, (next) =>
      isInMirror(next) && next !== mirrorMountPoint ? linkAt(onHost(next)) : undefined,
    )
    if (seen === undefined) return { found: 'missing' }
    if (!isInMirror(seen)) return { found: 'outside' }
    const real = onHost(seen)
    const stat = statSync(real)
    const found = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'special'
    return { found, entry: { path: real, size: stat.size } }
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (code === 'EACCES') return { found: 'hidden' }
    if (['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'].includes(code)) return { found: 'missing' }
    throw error
  }
}

/**
 * Looks up a path of the mirror as the image does, where the mirror alone is mounted: each symbolic link on the way is followed
 * from there, and not from where the mirror is on the host. The relay, which is on the host, serves the same.
 */
export const findInMirror = (mirror: string, path: string): Found => follow(mirror, path).found

/** Where on the host the file is that a URL stands for in the image; undefined if the image does not see one there. */
export const fileAtUrl = (mirror: string, url: string) => {
  const below = folderOfMirror(url)
  const { found, entry } = below === undefined ? { found: 'outside' } : follow(mirror, below)
  return found === 'file' ? entry : undefined
}

// A page can be of any size, and its first links say how all of them were made.
const manyLinks = 20
const manyEntries = 1000

/** Names of files for one line. */
export const some = ([first = '', ...others]: readonly string[]): string =>
  others.length > 0 ? `${first} and ${others.length} more` : first

/** Says of files below the mirror, on the host, why the image cannot use them: a warning for each kind. */
export const fileFaults = (mirror: string, paths: readonly string[]): readonly string[] => {
  const about = (what: string, ...kinds: readonly string[]): readonly string[] => {
    const found = paths.filter((path) => kinds.includes(findInMirror(mirror, path)))
    return found.length === 0 ? [] : [`${join(mirror, some(found))} ${what}`]
  }
  return [
    ...about(
      'is a symbolic link to a file outside the mirror, which the image cannot see: replace the link with the file',
      'outside',
    ),
    ...about('is a symbolic link to a file that does not exist: replace the link with the file', 'missing'),
    ...about('is not a regular file and is left out: replace it with the wheel or sdist', 'special', 'folder'),
  ]
}

/** The files that the page of a project's folder lists; undefined if it has no page. */
export const readFolderPage = (mirror: string, folder: string): readonly PageFile[] | undefined => {
  const bytes = bytesAt(join(mirror, folder, 'index.html'))
  const address = new URL(`${urlBelow(localMirrorUrl, folder)}/index.html`)
  return bytes && readPage(bytes, 'text/html', address).files
}

/** What is wrong with the first file that a project's page lists, and that the image does not have. Those on servers may be anywhere. */
const pageFault = (mirror: string, folder: string): string | undefined => {
  const page = join(mirror, folder, 'index.html')
  for (const { url, coreMetadata } of readFolderPage(mirror, folder)?.slice(0, manyLinks).filter(isLocal) ?? []) {
    const file = folderOfMirror(url)
    if (file === undefined) {
      return `${page} links to ${url}, which is outside the mirror, so that the image cannot see it: make the mirror a folder that holds both`
    }
    const found = findInMirror(mirror, file)
    if (found === 'missing') return `${page} links to ${url}, which does not exist: make the mirror anew`
    if (found === 'special') {
      return `${page} links to ${url}, which is not a regular file: replace it with the wheel or sdist`
    }
    if (coreMetadata !== undefined && findInMirror(mirror, `${file}.metadata`) !== 'file') {
      return `${page} names metadata beside ${url}, but there is none: pip 22.3 and later fail on that. Make the mirror with it, or without naming it`
    }
  }
  return undefined
}

/**
 * Looks at one project of an index: at the links of its page, and at the symbolic links in its folder and on the way to it. It is a
 * sample, of what the user who runs the hook may read.
 */
export const projectFaults = (mirror: string, folder: string): readonly string[] => {
  const way = folder.split('/').map((_name, i, names) => names.slice(0, i + 1).join('/'))
  const entries = namesIn(join(mirror, folder)).slice(0, manyEntries)
  const paths = [...way, ...entries.map((name) => join(folder, name))]
  const outside = paths.filter((path) => findInMirror(mirror, path) === 'outside')
  const page = pageFault(mirror, folder)
  return [...fileFaults(mirror, outside), ...(page === undefined ? [] : [page])]
}
