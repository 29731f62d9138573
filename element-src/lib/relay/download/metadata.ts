import { readBody } from '../../http/body.js'
import type { Client } from '../../http/client.js'
import { HttpError, statusFault } from '../../http/http-error.js'
import { newPatience, withRetries } from '../../http/retry.js'
import { newDigest } from '../../index/hashes.js'
import type { PageFile } from '../../index/page.js'

/** The most that a wheel's metadata may have. */
const largest = 8 * 1024 * 1024

/** The most that is remembered of all, in bytes: a resolver reads that of wheels which it takes later. */
const mostRemembered = 8 * 1024 * 1024

/** Metadata that lies beside wheels (PEP 658). */
export interface MetadataFiles {
  /**
   * Fetches it, once.
   *
   * @param file The wheel.
   * @param client What sends requests for its index.
   * @returns It; undefined where the index does not have it after all. Rejected with an HttpError.
   */
  readonly get: (file: PageFile, client: Client) => Promise<Buffer | undefined>
}

/**
 * What the index tells of metadata's hashes.
 *
 * @param file The wheel.
 */
export const metadataHashes = ({ coreMetadata }: PageFile): Readonly<Record<string, string>> =>
  coreMetadata === undefined || coreMetadata === true ? {} : coreMetadata

/**
 * Begins with none.
 *
 * @param retries How often each is asked for again.
 */
export const newMetadataFiles = (retries: number): MetadataFiles => {
  const known = new Map<string, Promise<Buffer | undefined>>()
  let remembered = 0
  const fetchIt = async (file: PageFile, client: Client): Promise<Buffer | undefined> => {
    const url = new URL(file.url)
    url.pathname += '.metadata'
    // Not the relay's own signal: files that are kept as it ends still get their metadata.
    const { signal } = new AbortController()
    const bytes = await withRetries(newPatience(retries, signal), async () => {
      const { status, body } = await client(url, { headers: { Accept: '*/*', 'Accept-Encoding': 'identity' }, signal })
      if (status === 200) return readBody(body, largest)
      body.destroy()
      if (status === 404 || status === 410) return undefined
      throw statusFault(status)
    })
    if (bytes === undefined) return undefined
    const digest = newDigest(metadataHashes(file))
    digest.update(bytes)
    if (digest.isRight() === false)
      throw new HttpError('sends metadata whose hash is not what the index tells', 'content', false)
    return bytes
  }
  return {
    get: (file, client) => {
      const old = known.get(file.url)
      if (old !== undefined) return old
      const fetching = fetchIt(file, client)
      known.set(file.url, fetching)
      fetching.then(
        (bytes) => {
          remembered += bytes?.length ?? 0
          if (remembered <= mostRemembered) return
          known.clear()
          remembered = 0
        },
        () => known.delete(file.url),
      )
      return fetching
    },
  }
}
