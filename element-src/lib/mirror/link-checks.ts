import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { tolerate } from '../hook/error.js'
import { localMirrorUrl, mirrorMountPoint } from '../stage/paths.js'

// A page can be of any size, and its first links say how all of them were made.
const manyLinks = 20
const manyEntries = 1000

const isInside = (path: string): boolean => `${path}/`.startsWith(`${mirrorMountPoint}/`)

/**
 * Picks the symbolic links that lead out of a mirror, and so to nothing in the image.
 *
 * @param mirror The mirror, on the host.
 * @param paths What to look at, below the mirror. What is no symbolic link is passed over.
 * @returns Those of them whose target is not in the mirror, where the image has it.
 */
export const linksOutside = (mirror: string, paths: readonly string[]): readonly string[] =>
  paths.filter((path) => {
    const target = tolerate(['EINVAL', 'ENOENT'], () => readlinkSync(join(mirror, path)))
    return (
      target !== undefined && !isInside(target.startsWith('/') ? target : join(mirrorMountPoint, path, '..', target))
    )
  })

/**
 * The symbolic links on the way to a project's files, and those in its folder.
 *
 * @param mirror The mirror, on the host.
 * @param folder The project's folder, below the mirror.
 * @returns Those that lead out of the mirror, below it.
 */
export const projectLinksOutside = (mirror: string, folder: string): readonly string[] => {
  const way = folder.split('/').map((_name, i, names) => names.slice(0, i + 1).join('/'))
  const entries = readdirSync(join(mirror, folder)).slice(0, manyEntries)
  return linksOutside(mirror, [...way, ...entries.map((name) => join(folder, name))])
}

/**
 * Looks whether the links of a project's page lead to files that the image has.
 *
 * @param mirror The mirror, on the host.
 * @param folder The project's folder, below the mirror.
 * @returns What is wrong with the first link that is wrong, or undefined. Links to servers are none of the mirror's.
 */
export const pageFault = (mirror: string, folder: string): string | undefined => {
  const page = join(mirror, folder, 'index.html')
  const base = `${localMirrorUrl}/${folder.split('/').map(encodeURIComponent).join('/')}/index.html`
  const anchors = readFileSync(page, 'utf8').matchAll(/<a\s[^>]*?href\s*=\s*["']?([^"'\s>]+)[^>]*>/gi)
  for (const [anchor, href = ''] of [...anchors].slice(0, manyLinks)) {
    const url = tolerate(['ERR_INVALID_URL'], () => new URL(href.replaceAll('&amp;', '&'), base))
    if (url === undefined || url.protocol !== 'file:') continue
    const path = url.host === '' ? fileURLToPath(new URL(url.pathname, base)) : '/'
    if (!isInside(path)) {
      return `${page} links to ${href}, which is outside the mirror where the image has it, so that pip finds no file there: make the mirror a folder that holds both`
    }
    const file = join(mirror, path.slice(mirrorMountPoint.length))
    if (!existsSync(file)) return `${page} links to ${href}, which is not there: make the mirror anew`
    if (/\sdata-(?:core|dist-info)-metadata\b/i.test(anchor) && !existsSync(`${file}.metadata`)) {
      return `${page} says that the metadata of ${href} lies beside it, which it does not: pip 22.3 and later fail on that; make the mirror with these files, or without saying so`
    }
  }
  return undefined
}
