import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { projectsOf } from './distribution-file.js'
import type { Link } from './index-pages.js'

/** The file with the hashes of a folder's files, as sha256sum(1) writes and checks it. */
export const hashesFile = 'SHA256SUMS'

/** The hashes of the files of a folder by their names; none where it has no such file. */
const readHashes = (folder: string, names: ReadonlySet<string>): ReadonlyMap<string, string> => {
  if (!names.has(hashesFile)) return new Map()
  const text = readFileSync(join(folder, hashesFile), 'utf8')
  return new Map([...text.matchAll(/^([0-9a-f]{64}) [ *](.+)$/gm)].map(([, hash = '', name = '']) => [name, hash]))
}

/** What a wheel's metadata says of the Pythons that it is for (core metadata, Requires-Python). */
const requiredPython = (metadata: string): string | undefined => {
  const [headers = ''] = metadata.split(/\r?\n\r?\n/, 1)
  return /^Requires-Python:[ \t]*(\S.*?)\s*$/im.exec(headers)?.[1]
}

/** The attributes that FILE.metadata beside a wheel allows: PEP 503's, and PEP 658's in both of its spellings (PEP 714). */
const metadataAttributes = (path: string, hash: string | undefined): Readonly<Record<string, string>> | undefined => {
  const text = ignoreErrors(['EACCES', 'ENOENT'], () => readFileSync(path, 'utf8'))
  if (text === undefined) return undefined
  const requires = requiredPython(text)
  const said = hash === undefined ? 'true' : `sha256=${hash}`
  return {
    ...(requires === undefined ? {} : { 'data-requires-python': requires }),
    'data-dist-info-metadata': said,
    'data-core-metadata': said,
  }
}

/**
 * The links of an index for a flat folder. Neither are its distributions read nor moved: hashes are those of its SHA256SUMS,
 * and what a wheel requires is read where FILE.metadata lies beside it. With `find-links` pip would look through all of
 * the folder for each project, or once a process.
 *
 * @param folder The folder, on the host.
 * @param files The names of its wheels, sdists and eggs that the image can read.
 * @param url The folder's URL, as the image sees it.
 */
export const flatLinks = function* (folder: string, files: readonly string[], url: string): Generator<Link> {
  const entries = ignoreErrors(['EACCES'], () => readdirSync(folder, { withFileTypes: true })) ?? []
  const names = new Set(entries.filter((entry) => entry.isFile()).map(({ name }) => name))
  const hashes = ignoreErrors(['EACCES'], () => readHashes(folder, names)) ?? new Map<string, string>()
  for (const file of files) {
    const hash = hashes.get(file)
    const metadata = `${file}.metadata`
    const attributes = names.has(metadata)
      ? metadataAttributes(join(folder, metadata), hashes.get(metadata))
      : undefined
    const href = `${url}/${encodeURIComponent(file)}${hash === undefined ? '' : `#sha256=${hash}`}`
    for (const project of projectsOf(file)) {
      yield attributes === undefined ? { project, file, href } : { project, file, href, attributes }
    }
  }
}
