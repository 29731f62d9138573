import type { IncomingHttpHeaders } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { chunksOf, gather } from '../../http/body.js'
import type { HttpAnswer } from '../../http/client.js'
import { faultOf, HttpError } from '../../http/http-error.js'
import { chooseHash, newDigest, type PageFile } from '../../index/page.js'
import { headersIn } from '../../index/wheel-metadata.js'
import { newRemembered } from '../remembered.js'
import { pauses } from './outage.js'
import { type Asker, isWhole, newShare, type PassedOn, partIn, passedOn } from './source.js'
import type { SendRequest, TrafficRequest } from './traffic.js'

/** A file, or a part of it, that comes from a server. */
export interface FetchedFile extends PassedOn {
  /** How many bytes come, if the server says so. */
  readonly length: number | undefined
  /** They; ends with an HttpError if the server breaks off, and cannot go on from there. */
  readonly chunks: AsyncGenerator<Buffer>
  /** Says that nothing is read. */
  readonly leave: () => void
}

/** How many bytes of a body come, if a server says so. */
const lengthOf = (headers: IncomingHttpHeaders): number | undefined => {
  const length = headers['transfer-encoding'] === undefined ? headers['content-length'] : undefined
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
}

// A weak one does not say that the bytes are the same (RFC 9110, 13.1.5).
const validatorOf = ({ headers }: HttpAnswer): string | undefined =>
  headers.etag !== undefined && !headers.etag.startsWith('W/') ? headers.etag : headers['last-modified']

/** The head of a file that comes whole, whatever its server calls that. */
const asWhole = ({ headers: { 'content-range': _part, ...headers } }: PassedOn): PassedOn => ({ status: 200, headers })

/**
 * Fetches a file: the one place where files and metadata are fetched. If the connection breaks, a new one goes on from
 * there, if the server can.
 *
 * @returns The answer, once it has begun, whatever its status; rejected with an HttpError if there is none.
 */
export const fetchFile = async (
  send: SendRequest,
  { url: href, hashes }: Pick<PageFile, 'url' | 'hashes'>,
  asked: TrafficRequest,
): Promise<FetchedFile> => {
  const { method, signal } = asked
  const url = new URL(href)
  const request = { ...asked, headers: { Accept: '*/*', ...asked.headers, 'Accept-Encoding': 'identity' } }
  const first = await send(url, request)
  const length = lengthOf(first.headers)
  const validator = validatorOf(first)
  const isAll = asked.headers['Range'] === undefined && isWhole(first)
  const canGoOn =
    isAll &&
    first.headers['accept-ranges'] !== 'none' &&
    first.headers['content-encoding'] === undefined &&
    // A hash tells in the end if what came in two parts is one file.
    (validator !== undefined || chooseHash(hashes) !== undefined)

  const goOn = async (received: number, fault: HttpError, tries: number[]): Promise<AsyncGenerator<Buffer>> => {
    const range = { Range: `bytes=${received}-`, ...(validator === undefined ? {} : { 'If-Range': validator }) }
    for (let next = tries.shift(); canGoOn && !signal.aborted && next !== undefined; next = tries.shift()) {
      await pause(next, undefined, { signal }).catch(() => undefined)
      const rest = await send(url, { ...request, headers: { ...request.headers, ...range } }).catch(() => undefined)
      if (rest === undefined) continue
      const part = partIn(rest.headers)
      const isRest = rest.status === 206 && part?.from === received
      if (isRest && (length === undefined || (part?.length ?? length) === length)) return chunksOf(rest.body)
      rest.body.destroy()
      // One that is busy may send it later.
      if (rest.status < 500 && rest.status !== 429) break
    }
    throw fault
  }

  const chunks = async function* (): AsyncGenerator<Buffer> {
    let received = 0
    let source = chunksOf(first.body)
    let tries = [...pauses]
    for (;;) {
      try {
        for await (const chunk of source) {
          received += chunk.length
          tries = [...pauses]
          yield chunk
        }
        if (length === undefined || received >= length || method === 'HEAD') return
        throw new HttpError('connection', 'breaks the connection off')
      } catch (error) {
        source = await goOn(received, faultOf(error), tries)
      }
    }
  }

  return {
    ...(isAll && first.status !== 200 ? asWhole(passedOn(first)) : passedOn(first)),
    length,
    chunks: chunks(),
    leave: () => first.body.destroy(),
  }
}

/** The metadata that lies beside a wheel (PEP 658), as a file. */
export const metadataOf = ({ name, url, coreMetadata }: PageFile): PageFile => {
  const beside = new URL(url)
  beside.pathname += '.metadata'
  const hashes = coreMetadata === undefined || coreMetadata === true ? {} : coreMetadata
  return { name: `${name}.metadata`, url: beside.href, hashes }
}

export interface MetadataAnswer extends PassedOn {
  readonly bytes: Buffer
  /** Its digest, if it is what the index tells, or, if that tells no hash, looks like metadata. */
  readonly sha256: string | undefined
}

/** The most that a wheel's metadata may have, and that is remembered of all: what a resolver read is kept when it takes the wheel. */
const most = 8 * 1024 * 1024

/** What fetches the metadata that lies beside wheels. Begins with none remembered. */
export const newMetadataFiles = (send: SendRequest, tempo: number) => {
  const share = newShare<MetadataAnswer>(tempo)
  const known = newRemembered<MetadataAnswer>(most, ({ bytes }) => bytes.length)

  const fetchIt = async (file: PageFile, { headers, isAhead }: Asker, signal: AbortSignal): Promise<MetadataAnswer> => {
    const beside = metadataOf(file)
    const { chunks, ...answer } = await fetchFile(send, beside, { headers, signal, isAhead })
    const bytes = await gather(chunks, most, 'metadata')
    const digest = newDigest(beside.hashes)
    digest.update(bytes)
    const isRight = digest.isRight() ?? headersIn(bytes.toString('latin1'), 'Metadata-Version').length > 0
    return { ...answer, bytes, sha256: answer.status === 200 && isRight ? digest.sha256() : undefined }
  }

  /** Fetches the metadata of a file, by its key in its index; rejected with an HttpError. What is not right is asked for again. */
  return async (key: string, file: PageFile, asker: Asker): Promise<MetadataAnswer> => {
    const old = known.get(key)
    if (old !== undefined) return old
    const answer = await share(key, asker.gone, (signal) => fetchIt(file, asker, signal))
    if (answer.sha256 !== undefined) known.set(key, answer)
    return answer
  }
}
