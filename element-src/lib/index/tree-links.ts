import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { localMirrorUrl } from '../image/paths.js'
import { anchorsIn, attributeOf } from './anchors.js'
import { isDistribution, normaliseName } from './distribution-file.js'
import { findInMirror } from './find-file.js'
import type { Link } from './index-pages.js'
import { folderOfMirror, urlBelow } from './local-url.js'

/** The attributes of links that installers read (PEP 503, 592, 658 and 714). */
const attributeNames = ['data-requires-python', 'data-yanked']
const metadataNames = ['data-dist-info-metadata', 'data-core-metadata']

/** A file's name from a URL; empty where its escapes are no UTF-8. */
const decode = (name: string): string => {
  try {
    return decodeURIComponent(name)
  } catch {
    return ''
  }
}

const attributesOf = (attributes: string, names: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(
    names.flatMap((name) => {
      const value = attributeOf(attributes, name)
      return value === undefined ? [] : [[name, value]]
    }),
  )

/**
 * The distributions that a page of a tree links to.
 *
 * @param mirror The mirror, on the host.
 * @param folder The page's folder, below the mirror.
 * @returns The links, with absolute URLs as the image has them and with the page's hashes; not those to files of the mirror
 *   that the image cannot read. Empty where there is no page, or it may not be read.
 */
export const pageLinks = function* (mirror: string, folder: string): Generator<Link> {
  const page = ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR', 'ELOOP'], () =>
    readFileSync(join(mirror, folder, 'index.html'), 'utf8'),
  )
  const base = `${urlBelow(localMirrorUrl, folder)}/index.html`
  const project = normaliseName(folder.slice(folder.lastIndexOf('/') + 1))
  for (const { href, attributes } of anchorsIn(page ?? '')) {
    const url = ignoreErrors(['ERR_INVALID_URL'], () => new URL(href, base))
    const file = decode(url?.pathname.split('/').at(-1) ?? '')
    if (url === undefined || !isDistribution(file)) continue
    let names = attributeNames
    if (url.protocol === 'file:') {
      const place = folderOfMirror(url.href)
      if (place === undefined || findInMirror(mirror, place) !== 'file') continue
      if (findInMirror(mirror, `${place}.metadata`) === 'file') names = [...names, ...metadataNames]
    } else names = [...names, ...metadataNames]
    yield { project, file, href: url.href, attributes: attributesOf(attributes, names) }
  }
}

/**
 * The links of an index for a tree whose folders are not named as pip asks for them.
 *
 * @param mirror The mirror, on the host.
 * @param folder The tree, below the mirror. A folder in it without links to distributions is no project.
 */
export const treeLinks = function* (mirror: string, folder: string): Generator<Link> {
  for (const entry of readdirSync(join(mirror, folder), { withFileTypes: true })) {
    if (!entry.isFile() && !entry.name.startsWith('.')) yield* pageLinks(mirror, join(folder, entry.name))
  }
}

/**
 * Whether a tree lists a distribution.
 *
 * @param mirror The mirror, on the host.
 * @param folder The tree, below the mirror.
 * @param project The project's folder.
 * @param file The distribution's name.
 */
export const lists = (mirror: string, folder: string, project: string, file: string): boolean => {
  const place = join(mirror, folder, project)
  if (existsSync(join(place, file))) return true
  for (const link of pageLinks(mirror, join(folder, project))) if (link.file === file) return true
  return false
}
