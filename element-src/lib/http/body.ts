import type { IncomingMessage } from 'node:http'
import { pipeline, Readable, type Transform } from 'node:stream'
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { HttpError } from './http-error.js'

/** The chunks of an answer, as they were sent; ends with an HttpError if it is not complete. Who stops before its end ends the connection. */
export const chunksOf = async function* (body: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError('connection', 'breaks the connection off')
  } finally {
    body.destroy()
  }
}

const decoderFor = (coding: string, firstByte = 8): Transform => {
  if (coding !== 'deflate') return createGunzip()
  // Some servers send it without the zlib header that RFC 9110, 8.4.1.2 wants; urllib3 takes both.
  return (firstByte & 15) === 8 ? createInflate() : createInflateRaw()
}

const decode = async function* (source: AsyncGenerator<Buffer>, coding: string): AsyncGenerator<Buffer> {
  const first = await source.next()
  if (first.done) return
  const again = async function* (): AsyncGenerator<Buffer> {
    try {
      yield first.value
      yield* source
    } finally {
      await source.return(undefined)
    }
  }
  const decoder = decoderFor(coding, first.value[0])
  try {
    for await (const chunk of pipeline(Readable.from(again()), decoder, () => undefined)) yield chunk as Buffer
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError('odd', `sends a page whose ${coding} is broken`)
  }
}

/** The chunks of an answer, decoded by its Content-Encoding. */
export const decodedChunksOf = (body: IncomingMessage): AsyncGenerator<Buffer> =>
  (body.headers['content-encoding'] ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim())
    .filter((coding) => ['gzip', 'x-gzip', 'deflate'].includes(coding))
    .reduceRight(decode, chunksOf(body))

/** Gathers chunks of what is called `what`, at most so many bytes; rejected with an HttpError. */
export const gather = async (chunks: AsyncIterable<Buffer>, most: number, what: string): Promise<Buffer> => {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > most) throw new HttpError('odd', `sends ${what} of more than ${most / 1024 / 1024} MB`)
    parts.push(chunk)
  }
  return Buffer.concat(parts)
}

/** Reads an answer whole, decoded: a page of at most so many bytes; rejected with an HttpError. */
export const readBody = (body: IncomingMessage, most: number): Promise<Buffer> =>
  gather(decodedChunksOf(body), most, 'a page')
