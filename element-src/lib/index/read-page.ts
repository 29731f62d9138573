import { parseUrl } from '../base/errors.js'
import { type Fields, fieldsOf, isFields, parseJson, textOf } from '../base/json.js'
import { fileNameIn } from './distribution-file.js'
import { type Attributes, startTags } from './html.js'
import { algorithms, type Page, PageError, type PageFile } from './page.js'

const startOf = /^(?:https?:\/\/[^/?#@\\]+\/|(?:\.\.\/)+|\/(?!\/)|)/i
// What a URL parser would change: blanks, `\`, quotes and the like.
const odd = /[^!#-;=?-[\]_a-z~]/g

/** Whether a URL parser may change a link behind its start, or take a part of it for a way: `.` and `..`. */
const isOdd = (link: string, start: string): boolean => {
  odd.lastIndex = start.length
  if (odd.test(link) || link.includes('/.', start.length - 1) || (link.includes('%') && /%2e/i.test(link))) return true
  return start === '' && /^(?:[?#/.]|$|[^/?#]*:)/.test(link)
}

/** Makes links absolute. Nearly all by their text: a URL for each would take four fifths of the time for a large page. */
const newResolver = (base: URL): ((link: string) => string | undefined) => {
  const starts = new Map<string, string | undefined>()
  // Most of a page's links are absolute, stay as they are, and begin alike.
  let usual = '\n'
  return (link) => {
    const start = link.startsWith(usual) ? usual : (startOf.exec(link)?.[0] ?? '')
    if (isOdd(link, start)) return parseUrl(link, base)?.href
    if (start === usual) return link
    if (!starts.has(start)) starts.set(start, parseUrl(start === '' ? '.' : start, base)?.href)
    const known = starts.get(start)
    if (known === start) usual = start
    return known && known + link.slice(start.length)
  }
}

/** The hashes that a fragment has, wherever they stand, and what else it has. */
const readFragment = (fragment: string, hashes: Record<string, string>): string | undefined => {
  const others = fragment.split('&').filter((part) => {
    const name = part.slice(0, Math.max(0, part.indexOf('=')))
    if (!algorithms.includes(name)) return true
    hashes[name] ??= part.slice(name.length + 1).toLowerCase()
    return false
  })
  return others.join('&') || undefined
}

/** The object itself, without what is not a hash: copies would be a good part of the time for a large page. */
const hashesOf = (value: unknown): Record<string, string> => {
  if (!isFields(value) || Array.isArray(value)) return {}
  const hashes: Record<string, unknown> = value
  for (const name in hashes) {
    const digits = hashes[name]
    if (typeof digits !== 'string' || !algorithms.includes(name)) delete hashes[name]
    else hashes[name] = digits.toLowerCase()
  }
  return hashes as Record<string, string>
}

/** A link with all that is told of it. It becomes the page's file itself: a page has thousands, and copies cost more than reading. */
type Described = { -readonly [Key in keyof PageFile]: PageFile[Key] }

const newPage = () => {
  const files: PageFile[] = []
  const links: PageFile[] = []
  const add = (link: string | undefined, filename: unknown, file: Described): void => {
    if (link === undefined) return
    const hash = link.indexOf('#')
    file.url = hash < 0 ? link : link.slice(0, hash)
    const name = fileNameIn(file.url, textOf(filename))
    const isRepository = !link.startsWith('http') && /^(?:git|hg|svn|bzr)\+/i.test(link)
    if (name !== undefined && !isRepository) {
      file.name = name
      if (hash >= 0) file.fragment = readFragment(link.slice(hash + 1), file.hashes)
      files.push(file)
    } else if (isRepository || /[#&]egg=/.test(link)) {
      file.name = textOf(filename) ?? /[#&]egg=([^&]*)/.exec(link)?.[1] ?? file.url
      file.url = link
      file.hashes = {}
      links.push(file)
    }
  }
  return { page: { files, links }, add }
}

const metadataIn = (value: string | undefined): PageFile['coreMetadata'] => {
  if (value === undefined || value === 'false') return undefined
  const hashes: Record<string, string> = {}
  readFragment(value, hashes)
  return Object.keys(hashes).length > 0 ? hashes : true
}

/** Reads a page of PEP 503, with PEP 592, 658 and 714. The first `<base>` counts, for the links before it as well, as in pip. */
export const readHtml = (text: string, address: URL): Page => {
  const anchors: Attributes[] = []
  let base: string | undefined
  for (const { name, attributes } of startTags(text)) {
    if (name === 'base') base ??= attributes['href']
    else if (name === 'a' && attributes['href']) anchors.push(attributes)
  }
  const resolve = newResolver((base && parseUrl(base.trim(), address)) || address)
  const { page, add } = newPage()
  for (const attributes of anchors) {
    const yanked = attributes['data-yanked']
    add(resolve((attributes['href'] ?? '').trim()), undefined, {
      name: '',
      url: '',
      hashes: {},
      requiresPython: textOf(attributes['data-requires-python']),
      yanked: yanked === undefined ? undefined : yanked || true,
      coreMetadata: metadataIn(attributes['data-core-metadata'] ?? attributes['data-dist-info-metadata']),
    })
  }
  // A part of a string keeps all of it in memory: the texts that stay are made anew.
  return JSON.parse(JSON.stringify(page))
}

/**
 * What PEP 691, 700 and 714 tell of a file besides its name and where it is. By hand and not by a schema: of 3,000 files, which
 * a page may have, zod takes a third of a second.
 */
const describe = (entry: Fields): Described => {
  const size = entry['size']
  const metadata = entry['core-metadata'] ?? entry['dist-info-metadata']
  return {
    name: '',
    url: '',
    hashes: hashesOf(entry['hashes']),
    fragment: undefined,
    requiresPython: textOf(entry['requires-python']),
    yanked: entry['yanked'] === true || textOf(entry['yanked']),
    uploadTime: textOf(entry['upload-time']),
    size: typeof size === 'number' ? size : undefined,
    coreMetadata: metadata === true ? true : isFields(metadata) ? hashesOf(metadata) : undefined,
  }
}

/** A file of a page without the page: undefined if it is not described so. */
export const factsIn = (entry: Fields): Omit<PageFile, 'url'> | undefined => {
  const name = fileNameIn('', textOf(entry['filename']))
  return name === undefined ? undefined : { ...describe(entry), name }
}

/** A page of PEP 691. A file that is described in another way is left out. */
const readJson = (text: string, address: URL): Page => {
  const entries = parseJson(text)
  if (entries === undefined) throw new PageError('sends a page that is not JSON')
  const list = fieldsOf(entries)['files']
  if (!Array.isArray(list)) throw new PageError('sends a page that is not what PEP 691 says')
  const resolve = newResolver(address)
  const { page, add } = newPage()
  for (const entry of list as unknown[]) {
    if (!isFields(entry)) continue
    const url = textOf(entry['url'])
    add(url && resolve(url), entry['filename'], describe(entry))
  }
  return page
}

const marks: readonly (readonly [string, string])[] = [
  ['efbbbf', 'utf-8'],
  ['fffe', 'utf-16le'],
  ['feff', 'utf-16be'],
]

/** A byte order mark says how a page is encoded, else its content type does, else it is UTF-8. */
const decode = (bytes: Buffer, type: string): string => {
  const start = bytes.subarray(0, 3).toString('hex')
  const mark = marks.find(([digits]) => start.startsWith(digits))?.[1]
  const charset = mark ?? /charset\s*=\s*["']?([\w.:-]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString('utf8')
  }
}

/**
 * Reads a project's page.
 *
 * @param contentType The header; JSON is read as such (PEP 691), and all else as HTML.
 * @throws PageError if it cannot be read.
 */
export const readPage = (bytes: Buffer, contentType: string | undefined, address: URL): Page => {
  const type = contentType ?? ''
  return (/[/+]json\b/i.test(type) ? readJson : readHtml)(decode(bytes, type), address)
}
