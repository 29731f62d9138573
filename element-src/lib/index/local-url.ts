import { readdirSync, type Stats, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ignoreErrors } from '../base/errors.js'
import { textAt } from '../base/files.js'
import { followLinks, linkAt } from '../image/path-in-root.js'
import { localMirrorUrl, mirrorMountPoint } from '../image/stage.js'
import { startTags } from './html.js'

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
 */
export const findInMirror = (mirror: string, path: string): Found => follow(mirror, path).found

/** Where on the host the file is that a URL stands for in the image; undefined if the image does not see one there. */
export const fileAtUrl = (mirror: string, url: string): string | undefined => {
  const below = folderOfMirror(url)
  if (below === undefined) return undefined
  const { found, path } = ignoreErrors(['EACCES'], () => follow(mirror, below)) ?? { found: 'missing', path: '' }
  return found === 'file' ? path : undefined
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

/** What is wrong with the first link of a project's page that does not lead to a file that the image has. Those to servers may lead anywhere. */
const pageFault = (mirror: string, folder: string): string | undefined => {
  const page = join(mirror, folder, 'index.html')
  const base = `${urlBelow(localMirrorUrl, folder)}/index.html`
  let count = 0
  for (const { name, attributes } of startTags(textAt(page, 'utf8') ?? '')) {
    const { href } = attributes
    if (name !== 'a' || !href) continue
    count += 1
    if (count > manyLinks) break
    const url = ignoreErrors(['ERR_INVALID_URL'], () => new URL(href, base))
    if (url === undefined || url.protocol !== 'file:') continue
    const file = folderOfMirror(url.href)
    if (file === undefined) {
      return `${page} links to ${href}, which is outside the mirror, so that the image cannot see it: make the mirror a folder that holds both`
    }
    const found = findInMirror(mirror, file)
    if (found === 'missing') return `${page} links to ${href}, which does not exist: make the mirror anew`
    if (found === 'special') {
      return `${page} links to ${href}, which is not a regular file: replace it with the wheel or sdist`
    }
    const metadata = attributes['data-core-metadata'] ?? attributes['data-dist-info-metadata']
    if (metadata !== undefined && findInMirror(mirror, `${file}.metadata`) !== 'file') {
      return `${page} names metadata beside ${href}, but there is none: pip 22.3 and later fail on that. Make the mirror with it, or without naming it`
    }
  }
  return undefined
}

/**
 * Looks at one project of an index: at the links of its page, and at the symbolic links in its folder and on the way to it. It is a
 * sample, of what the user who runs the hook may read.
 */
export const projectFaults = (mirror: string, folder: string): readonly string[] => {
  const symbolicLinks = (): readonly string[] => {
    const way = folder.split('/').map((_name, i, names) => names.slice(0, i + 1).join('/'))
    const entries = readdirSync(join(mirror, folder)).slice(0, manyEntries)
    const paths = [...way, ...entries.map((name) => join(folder, name))]
    const outside = paths.filter((path) => findInMirror(mirror, path) === 'outside')
    return fileFaults(mirror, outside)
  }
  const page = ignoreErrors(['EACCES'], () => pageFault(mirror, folder))
  return [...(ignoreErrors(['EACCES'], symbolicLinks) ?? []), ...(page === undefined ? [] : [page])]
}
