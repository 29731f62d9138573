import { chunksOf } from '../../http/body.js'
import type { Answered, Client } from '../../http/client.js'
import { faultOf, HttpError, statusFault } from '../../http/http-error.js'
import { newPatience, type Patience, withRetries } from '../../http/retry.js'
import { type Digest, newDigest } from '../../index/hashes.js'
import type { PageFile } from '../../index/page.js'

/** A file that comes from a server. */
export interface Incoming {
  /** How many bytes it has, where the server says so. */
  readonly length: number | undefined
  /**
   * Its bytes. The last of them come only when the hash of all is right, or when the index tells none. Ends with an
   * HttpError where they are not.
   */
  readonly chunks: AsyncGenerator<Buffer>
  /** sha256 of what came. */
  readonly sha256: () => string
  /** Whether there is a hash or a length by which it is known to be whole. */
  readonly isProven: boolean
}

const lengthOf = ({ headers }: Answered): number | undefined => {
  const length = headers['transfer-encoding'] === undefined ? headers['content-length'] : undefined
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
}

// A weak one does not say that the bytes are the same (RFC 9110, 13.1.5).
const validatorOf = ({ headers }: Answered): string | undefined =>
  headers.etag !== undefined && !headers.etag.startsWith('W/') ? headers.etag : headers['last-modified']

const changed = (): HttpError => new HttpError('sends another file when asked for the rest of it', 'content', false)

const wrong = (): HttpError => new HttpError('sends a file whose hash is not what the index tells', 'content', false)

/** Skips what was received already, and checks that it is the same. */
const skip = async function* (chunks: AsyncGenerator<Buffer>, length: number, digest: Digest): AsyncGenerator<Buffer> {
  const again = newDigest({})
  let left = length
  for await (const chunk of chunks) {
    const old = chunk.subarray(0, left)
    again.update(old)
    const isLast = left > 0 && old.length === left
    left -= old.length
    if (isLast && again.sha256() !== digest.sha256()) throw changed()
    if (chunk.length > old.length) yield chunk.subarray(old.length)
  }
  if (left > 0) throw changed()
}

/**
 * Fetches a file. Where the connection breaks, a new one goes on from there.
 *
 * @param file What the index tells of it.
 * @param client What sends requests for that index.
 * @param retries How often it is tried again in all.
 * @param signal When it is over.
 * @returns The file, once its server has begun to answer; rejected with an HttpError.
 */
export const fetchFile = async (
  file: PageFile,
  client: Client,
  retries: number,
  signal: AbortSignal,
): Promise<Incoming> => {
  const url = new URL(file.url)
  const patience: Patience = newPatience(retries, signal)
  const identity = { Accept: '*/*', 'Accept-Encoding': 'identity' }
  const first = await withRetries(patience, async () => {
    const answered = await client(url, { headers: identity, signal })
    if (answered.status === 200) return answered
    answered.body.destroy()
    throw statusFault(answered.status)
  })
  const length = lengthOf(first)
  const validator = validatorOf(first)
  const digest = newDigest(file.hashes)
  const hasHash = digest.isRight() !== undefined

  const restFrom = async (received: number): Promise<AsyncGenerator<Buffer>> => {
    const canContinue = received > 0 && (validator !== undefined || hasHash)
    const range: Record<string, string> = canContinue
      ? { Range: `bytes=${received}-`, ...(validator === undefined ? {} : { 'If-Range': validator }) }
      : {}
    const answered = await client(url, { headers: { ...identity, ...range }, signal })
    const { status, headers, body } = answered
    if (status === 206) {
      const [, start, total] = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers['content-range'] ?? '') ?? []
      if (Number(start) === received && (length === undefined || total === '*' || Number(total) === length))
        return chunksOf(body)
    }
    if (status === 200) return skip(chunksOf(body), received, digest)
    body.destroy()
    throw status === 206 || status === 416 ? changed() : statusFault(status)
  }

  const chunks = async function* (): AsyncGenerator<Buffer> {
    let received = 0
    let held: Buffer | undefined
    let source = chunksOf(first.body)
    for (;;) {
      try {
        for await (const chunk of source) {
          if (chunk.length === 0) continue
          received += chunk.length
          digest.update(chunk)
          patience.progress()
          if (held !== undefined) yield held
          held = chunk
        }
        if (length !== undefined && received < length)
          throw new HttpError('broke the connection off', 'connection', true)
        break
      } catch (error) {
        let fault = faultOf(error)
        for (;;) {
          await patience.waitAfter(fault)
          try {
            source = await restFrom(received)
            break
          } catch (again) {
            fault = faultOf(again)
          }
        }
      }
    }
    if (digest.isRight() === false || (length !== undefined && received !== length)) throw wrong()
    if (held !== undefined) yield held
  }
  return { length, chunks: chunks(), sha256: digest.sha256, isProven: hasHash || length !== undefined }
}
