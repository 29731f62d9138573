import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { localMirrorUrl } from '../image/stage.js'
import { startTags } from './html.js'
import { findInMirror, folderOfMirror, urlBelow } from './local-url.js'

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
  for (const { name, attributes } of startTags(readFileSync(page, 'utf8'))) {
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
 *
 * @param folder The project's folder, below the mirror.
 */
export const projectFaults = (mirror: string, folder: string): readonly string[] => {
  const symbolicLinks = (): readonly string[] => {
    const way = folder.split('/').map((_name, i, names) => names.slice(0, i + 1).join('/'))
    const entries = readdirSync(join(mirror, folder)).slice(0, manyEntries)
    const paths = [...way, ...entries.map((name) => join(folder, name))]
    return fileFaults(
      mirror,
      paths.filter((path) => findInMirror(mirror, path) === 'outside'),
    )
  }
  const page = ignoreErrors(['EACCES'], () => pageFault(mirror, folder))
  return [...(ignoreErrors(['EACCES'], symbolicLinks) ?? []), ...(page === undefined ? [] : [page])]
}
