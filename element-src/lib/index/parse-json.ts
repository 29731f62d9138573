import { fileNameOf } from './file-name.js'
import { algorithms, type PageFile } from './page.js'

// Each value by itself and not by a schema: of 3,000 files, which a page may have, zod takes a third of a second.

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

const hashesOf = (value: unknown): Readonly<Record<string, string>> => {
  const hashes: Record<string, string> = {}
  if (!isFields(value)) return hashes
  for (const name of algorithms) {
    const digits = value[name]
    if (typeof digits === 'string' && /^[0-9a-f]+$/i.test(digits)) hashes[name] = digits.toLowerCase()
  }
  return hashes
}

const metadataOf = (value: unknown): PageFile['coreMetadata'] =>
  value === true ? true : isFields(value) ? hashesOf(value) : undefined

const urlOf = (text: string, address: URL): URL | undefined => {
  try {
    return new URL(text, address)
  } catch {
    return undefined
  }
}

const fileOf = (entry: Fields, address: URL): PageFile | undefined => {
  const url = urlOf(textOf(entry['url']) ?? '', address)
  const name = url && fileNameOf(url)
  // pip and uv go by `filename`; one that differs from the URL's would be another file.
  if (url === undefined || name === undefined || name !== entry['filename']) return undefined
  url.hash = ''
  const size = entry['size']
  // Without spreads, which take longer than all the rest of it.
  return {
    name,
    url: url.href,
    hashes: hashesOf(entry['hashes']),
    requiresPython: textOf(entry['requires-python']),
    yanked: entry['yanked'] === true || textOf(entry['yanked']),
    uploadTime: textOf(entry['upload-time']),
    size: typeof size === 'number' ? size : undefined,
    coreMetadata: metadataOf(entry['core-metadata'] ?? entry['dist-info-metadata']),
  }
}

/**
 * Reads a project's page in JSON (PEP 691, PEP 700, PEP 714). A file that is described in another way is left out.
 *
 * @param text The page.
 * @param address Where it is, after all redirects.
 * @returns The distributions that it lists, in its order.
 * @throws Error where it is no such page.
 */
export const parseJson = (text: string, address: URL): readonly PageFile[] => {
  const page: unknown = JSON.parse(text)
  const files = isFields(page) ? page['files'] : undefined
  if (!Array.isArray(files)) throw new Error('a page of PEP 691 has a list of files')
  return files.flatMap((entry: unknown) => (isFields(entry) && fileOf(entry, address)) || [])
}
