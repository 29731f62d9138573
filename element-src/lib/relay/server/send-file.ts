import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { chooseHash } from '../../index/hashes.js'
import type { PageFile } from '../../index/page.js'
import { type Part, parseRange } from './range.js'
import { sendChunks } from './send-chunks.js'

/** A file that can be sent. */
export interface Sendable {
  /** How many bytes it has, where that is known. */
  readonly length: number | undefined
  readonly read: (from: number, to: number | undefined) => AsyncIterable<Buffer>
}

/**
 * A file on the host that can be sent.
 *
 * @param path Its path.
 * @param length How many bytes it has.
 */
export const fileOnDisk = (path: string, length: number): Sendable => ({
  length,
  read: (from, to = length) =>
    from >= to ? (async function* () {})() : createReadStream(path, { start: from, end: to - 1 }),
})

/**
 * What goes with a file. Its hash, where there is one, is its ETag: the rest of it may come in another request.
 *
 * @param file The file.
 */
export const headersOf = ({ name, hashes }: Pick<PageFile, 'name' | 'hashes'>): Readonly<Record<string, string>> => {
  const hash = chooseHash(hashes)
  return {
    'Content-Type': name.endsWith('.metadata') ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    'Accept-Ranges': 'bytes',
    // A second copy in an installer's cache would only fill the image's small disk.
    'Cache-Control': 'no-store',
    ...(hash === undefined ? {} : { ETag: `"${hash.digits}"` }),
  }
}

const partOf = (
  { headers }: IncomingMessage,
  length: number | undefined,
  etag: string | undefined,
): Part | 'none' | undefined => {
  const condition = headers['if-range']
  if (length === undefined || (condition !== undefined && condition !== etag)) return undefined
  return parseRange(headers.range, length)
}

/**
 * Sends a file, or the part of it that is asked for.
 *
 * @param request The request, GET or HEAD.
 * @param response The response.
 * @param file What it is.
 * @param content Its bytes.
 * @returns Resolved when it is sent; rejected where its bytes end with an error.
 */
export const sendFile = async (
  request: IncomingMessage,
  response: ServerResponse,
  file: Pick<PageFile, 'name' | 'hashes'>,
  { length, read }: Sendable,
): Promise<void> => {
  const headers = headersOf(file)
  const part = partOf(request, length, headers['ETag'])
  if (part === 'none') {
    response.writeHead(416, { ...headers, 'Content-Range': `bytes */${length}` }).end()
    return
  }
  const { from, to } = part ?? { from: 0, to: length }
  response.writeHead(part === undefined ? 200 : 206, {
    ...headers,
    ...(to === undefined ? {} : { 'Content-Length': String(to - from) }),
    ...(part === undefined ? {} : { 'Content-Range': `bytes ${from}-${part.to - 1}/${length}` }),
  })
  if (request.method === 'HEAD') response.end()
  else await sendChunks(response, read(from, to))
}
