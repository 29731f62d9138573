import type { HttpClient } from '../../http/client.js'
import { HttpError } from '../../http/http-error.js'
import { newDigest } from '../../index/hashes.js'
import type { Hashes, PageFile } from '../../index/page.js'
import type { Asker, PassedOn } from './answer.js'
import { fetchFile } from './fetch-file.js'
import { newShare } from './share.js'

/** The most that a wheel's metadata may have. */
const largest = 8 * 1024 * 1024

/** The most that is remembered of all, in bytes: what a resolver read is kept when it takes the wheel. */
const mostRemembered = 8 * 1024 * 1024

/** Metadata as its server answers. */
export interface MetadataAnswer extends PassedOn {
  readonly bytes: Buffer
}

/** Fetches the metadata that lies beside a wheel (PEP 658); rejected with an HttpError. */
export type FetchMetadata = (key: string, file: PageFile, asker: Asker) => Promise<MetadataAnswer>

/** What the index tells of metadata's hashes. */
export const metadataHashes = ({ coreMetadata }: PageFile): Hashes =>
  coreMetadata === undefined || coreMetadata === true ? {} : coreMetadata

/** Whether it is what the index tells, or, if that tells no hash, looks like it: what is not is asked for again. */
const isMetadata = (bytes: Buffer, file: PageFile): boolean => {
  const digest = newDigest(metadataHashes(file))
  digest.update(bytes)
  return digest.isRight() ?? /^metadata-version:/im.test(bytes.toString('latin1'))
}

/**
 * Begins with none remembered.
 *
 * @param aheadClient What sends requests for which nobody has asked yet.
 */
export const newMetadataFiles = (client: HttpClient, aheadClient: HttpClient): FetchMetadata => {
  const share = newShare<MetadataAnswer>()
  const known = new Map<string, MetadataAnswer>()
  let remembered = 0

  const fetchIt = async (file: PageFile, { headers, isAhead }: Asker, signal: AbortSignal) => {
    const url = new URL(file.url)
    url.pathname += '.metadata'
    const hasHash = newDigest(metadataHashes(file)).isRight() !== undefined
    const { chunks, ...answer } = await fetchFile(
      isAhead ? aheadClient : client,
      { url: url.href, headers, hasHash },
      signal,
    )
    const parts: Buffer[] = []
    let length = 0
    for await (const chunk of chunks) {
      length += chunk.length
      if (length > largest) throw new HttpError('odd', 'sends metadata of more than 8 MB')
      parts.push(chunk)
    }
    return { ...answer, bytes: Buffer.concat(parts) }
  }

  return async (key, file, asker) => {
    const old = known.get(key)
    if (old !== undefined) return old
    const answer = await share(key, asker.gone, (signal) => fetchIt(file, asker, signal))
    if (answer.status !== 200 || known.has(key) || !isMetadata(answer.bytes, file)) return answer
    remembered += answer.bytes.length
    if (remembered > mostRemembered) {
      known.clear()
      remembered = answer.bytes.length
    }
    known.set(key, answer)
    return answer
  }
}
