import type { IncomingMessage } from 'node:http'
import { createUnzip } from 'node:zlib'
import { silence } from './client.js'
import { faultOf, HttpError } from './http-error.js'

/**
 * The chunks of an answer. A server that is silent for too long counts as gone; the time in which the reader does not ask
 * for the next chunk does not count.
 *
 * @param body The answer.
 * @param patience How long the server may be silent, in milliseconds.
 * @returns Its chunks; ends with an HttpError where it is cut off.
 */
export const chunksOf = async function* (body: IncomingMessage, patience = silence): AsyncGenerator<Buffer> {
  const chunks = body[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  try {
    for (;;) {
      const timer = setTimeout(
        () => body.destroy(new HttpError(`is silent for ${patience / 1000} s`, 'connection', true)),
        patience,
      )
      let next: IteratorResult<Buffer>
      try {
        next = await chunks.next()
      } catch (error) {
        throw faultOf(error)
      } finally {
        clearTimeout(timer)
      }
      if (next.done) break
      yield next.value
    }
    if (!body.complete) throw new HttpError('broke the connection off', 'connection', true)
  } finally {
    body.destroy()
  }
}

/**
 * Reads an answer whole.
 *
 * @param body The answer; one in gzip is unpacked.
 * @param most How many bytes it may have, unpacked.
 * @returns What it has; rejected with an HttpError.
 */
export const readBody = async (body: IncomingMessage, most: number): Promise<Buffer> => {
  const tooLarge = new HttpError(`sends a page of more than ${most / 1024 / 1024} MB`, 'content', false)
  const isPacked = /^(?:(?:x-)?gzip|deflate)$/i.test(body.headers['content-encoding'] ?? '')
  const parts: Buffer[] = []
  let length = 0
  const take = (chunk: Buffer): void => {
    length += chunk.length
    if (length > most) throw tooLarge
    parts.push(chunk)
  }
  if (!isPacked) {
    for await (const chunk of chunksOf(body)) take(chunk)
    return Buffer.concat(parts)
  }
  const unpacked = createUnzip()
  const unpacking = (async () => {
    for await (const chunk of unpacked) take(chunk as Buffer)
  })()
  unpacking.catch(() => undefined)
  try {
    for await (const chunk of chunksOf(body)) {
      if (unpacked.destroyed) break
      if (!unpacked.write(chunk)) await new Promise((resolve) => unpacked.once('drain', resolve).once('close', resolve))
    }
    unpacked.end()
    await unpacking
  } catch (error) {
    unpacked.destroy()
    throw error instanceof HttpError ? error : new HttpError('sends a page whose gzip is broken', 'content', false)
  }
  return Buffer.concat(parts)
}
