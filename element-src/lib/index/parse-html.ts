// Not the package's own entry, which brings along all that makes a DOM: 184 KB in place of 88.
import { WritableStream } from 'htmlparser2/WritableStream'
import { fileNameOf } from './file-name.js'
import { algorithms, type PageFile } from './page.js'

const hashIn = (text: string): Readonly<Record<string, string>> => {
  const [, algorithm = '', digits = ''] = /^(\w+)=([0-9a-f]+)$/i.exec(text) ?? []
  return algorithms.some((known) => known === algorithm) ? { [algorithm]: digits.toLowerCase() } : {}
}

const resolve = (href: string, base: URL): URL | undefined => {
  try {
    return new URL(href.trim(), base)
  } catch {
    return undefined
  }
}

const metadataOf = (value: string | undefined): PageFile['coreMetadata'] => {
  if (value === undefined || value === 'false') return undefined
  const hashes = hashIn(value)
  return Object.keys(hashes).length > 0 ? hashes : true
}

/**
 * Reads a project's page in HTML (PEP 503, with PEP 592, 658 and 714).
 *
 * @param text The page.
 * @param address Where it is, after all redirects.
 * @returns The distributions to which it links, in its order.
 */
export const parseHtml = (text: string, address: URL): readonly PageFile[] => {
  const files: PageFile[] = []
  let base = address
  const parser = new WritableStream({
    onopentag: (tag, attributes) => {
      const href = attributes['href']
      if (href === undefined) return
      const url = resolve(href, base)
      if (url === undefined) return
      if (tag === 'base') base = url
      const name = tag === 'a' ? fileNameOf(url) : undefined
      if (name === undefined) return
      const requiresPython = attributes['data-requires-python']
      const yanked = attributes['data-yanked']
      const coreMetadata = metadataOf(attributes['data-core-metadata'] ?? attributes['data-dist-info-metadata'])
      const hashes = hashIn(url.hash.slice(1))
      url.hash = ''
      files.push({
        name,
        url: url.href,
        hashes,
        ...(requiresPython && { requiresPython }),
        ...(yanked !== undefined && { yanked: yanked || true }),
        ...(coreMetadata && { coreMetadata }),
      })
    },
  })
  parser.write(text)
  parser.end()
  return files
}
