import * as z from 'zod/mini'
import { fileNameOf } from './file-name.js'
import { algorithms, type PageFile } from './page.js'

const hashes = z.record(z.string(), z.string())
const metadata = z.nullish(z.union([z.boolean(), hashes]))

/** A file as PEP 691 and PEP 700 describe it; what else there is does not matter here. */
const file = z.object({
  filename: z.string(),
  url: z.string(),
  hashes: z.optional(hashes),
  'requires-python': z.nullish(z.string()),
  yanked: z.nullish(z.union([z.boolean(), z.string()])),
  'upload-time': z.nullish(z.string()),
  size: z.nullish(z.number()),
  'core-metadata': metadata,
  'dist-info-metadata': metadata,
})

const page = z.object({ files: z.array(file) })

const known = (all: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> =>
  Object.fromEntries(algorithms.flatMap((name) => (all?.[name] ? [[name, all[name].toLowerCase()]] : [])))

/**
 * Reads a project's page in JSON (PEP 691, PEP 700, PEP 714).
 *
 * @param text The page.
 * @param address Where it is, after all redirects.
 * @returns The distributions that it lists, in its order.
 * @throws Error where it is no such page.
 */
export const parseJson = (text: string, address: URL): readonly PageFile[] =>
  z.parse(page, JSON.parse(text)).files.flatMap((entry): readonly PageFile[] => {
    let url: URL
    try {
      url = new URL(entry.url, address)
    } catch {
      return []
    }
    url.hash = ''
    const name = fileNameOf(url)
    // pip and uv go by `filename`; one that differs from the URL's would be another file.
    if (name === undefined || name !== entry.filename) return []
    const coreMetadata = entry['core-metadata'] ?? entry['dist-info-metadata']
    return [
      {
        name,
        url: url.href,
        hashes: known(entry.hashes),
        ...(entry['requires-python'] && { requiresPython: entry['requires-python'] }),
        ...(entry.yanked && { yanked: entry.yanked }),
        ...(entry['upload-time'] && { uploadTime: entry['upload-time'] }),
        ...(typeof entry.size === 'number' && { size: entry.size }),
        ...(coreMetadata && { coreMetadata: coreMetadata === true ? true : known(coreMetadata) }),
      },
    ]
  })
