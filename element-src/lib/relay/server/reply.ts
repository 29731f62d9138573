import { createReadStream } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Page } from '../../index/page.js'
import type { Asker, Found, PassedOn } from '../upstream/source.js'

/** A request of an installer. */
export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** What servers are told of it. */
  readonly asker: Asker
}

/**
 * Refuses a request such that an installer neither repeats it nor takes the project for unknown: pip repeats a 5xx for
 * seconds, and uv goes past a 404.
 */
export const refuse = ({ response }: Call, cause: string): void => {
  // A reason phrase, which uv shows, is ASCII in one line (RFC 9112, 4).
  const reason = cause.replace(/[^ -~]+/g, '?').slice(0, 300)
  response.writeHead(424, reason, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${cause}\n`)
}

/** Says that there is no such thing. */
export const notFound = ({ response }: Call): void => {
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\n')
}

/** Passes on what a server says besides 'here it is': its status, and what belongs to that. */
export const passOn = ({ response }: Call, { status, reason, headers }: PassedOn): void => {
  const { 'content-encoding': _encoding, ...rest } = headers
  response.writeHead(status, reason, { ...rest, 'Content-Length': 0 }).end()
}

/** The page that was found; undefined if there is none, which is answered. */
export const pageOrReply = (call: Call, found: Found): Page | undefined => {
  if (found.kind === 'page') return found
  if (found.kind === 'refused') refuse(call, found.cause)
  else if (found.kind === 'answer') passOn(call, found)
  else notFound(call)
  return undefined
}

/** A second copy in an installer's cache would only fill the image's small disk. */
export const uncached = { 'Cache-Control': 'no-store' } as const

/** Sends what is in memory. */
export const sendBytes = (
  { request, response }: Call,
  headers: Readonly<Record<string, string>>,
  bytes: Buffer,
  status = 200,
  reason = 'OK',
): void => {
  response.writeHead(status, reason, { ...headers, ...uncached, 'Content-Length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

/** A file that can be sent. */
export interface Sendable {
  /** What is said of it. */
  readonly headers: Readonly<Record<string, string>>
  /** How many bytes it has, if that is known. */
  readonly length: number | undefined
  readonly read: (from: number, to: number | undefined) => AsyncIterable<Buffer>
}

/** A file on the host that can be sent; its hash, if one is known, is its ETag. */
export const fileOnDisk = (
  { path, size }: { readonly path: string; readonly size: number },
  digits: string | undefined,
): Sendable => ({
  headers: {
    'content-type': path.endsWith('.metadata') ? 'text/plain; charset=utf-8' : 'application/octet-stream',
    'accept-ranges': 'bytes',
    ...(digits === undefined ? {} : { etag: `"${digits}"` }),
  },
  length: size,
  read: (from, to = size) =>
    from >= to ? (async function* () {})() : createReadStream(path, { start: from, end: to - 1 }),
})

/**
 * Reads a Range header (RFC 9110, 14.2).
 *
 * @returns The first byte of the part, and the one behind its last; 'none' if it cannot be satisfied; undefined for the whole
 *   file, also if several parts are asked for.
 */
const parseRange = (header: string | undefined, length: number): { from: number; to: number } | 'none' | undefined => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return Number(last) === 0 ? 'none' : { from: Math.max(0, length - Number(last)), to: length }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= length) return 'none'
  return { from: Number(first), to: last === '' ? length : Math.min(Number(last) + 1, length) }
}

/**
 * Sends chunks as fast as the client takes them.
 *
 * @param response The response, whose head is written.
 * @param chunks What to send. If they end with an error, so does the connection: the client sees that it has not all.
 * @returns Resolved when all is sent or the client has gone; rejected with the error of the chunks.
 */
export const sendChunks = async (response: ServerResponse, chunks: AsyncIterable<Buffer>): Promise<undefined> => {
  // An installer sees the head before the first bytes come.
  response.flushHeaders()
  try {
    for await (const chunk of chunks) {
      if (response.destroyed) return undefined
      // Until the system has it: its memory is used again, and 50 clients at a time hold one chunk each.
      await new Promise<void>((resolve) => {
        response.once('close', resolve)
        response.write(chunk, () => {
          response.off('close', resolve)
          resolve()
        })
      })
    }
    response.end()
    return undefined
  } catch (error) {
    response.destroy()
    throw error
  }
}

/** Sends a file, or the part of it that is asked for, to who asks by GET or HEAD; rejected if its bytes end with an error. */
export const sendFile = async (
  { request, response }: Call,
  { headers, length, read }: Sendable,
): Promise<undefined> => {
  const condition = request.headers['if-range']
  const isWhole = length === undefined || (condition !== undefined && condition !== headers['etag'])
  const part = isWhole ? undefined : parseRange(request.headers.range, length)
  if (part === 'none') {
    response.writeHead(416, { ...headers, ...uncached, 'Content-Range': `bytes */${length}` }).end()
    return undefined
  }
  const { from, to } = part ?? { from: 0, to: length }
  response.writeHead(part === undefined ? 200 : 206, {
    ...headers,
    ...uncached,
    ...(to === undefined ? {} : { 'Content-Length': String(to - from) }),
    ...(part === undefined ? {} : { 'Content-Range': `bytes ${from}-${part.to - 1}/${length}` }),
  })
  if (request.method !== 'HEAD') return sendChunks(response, read(from, to))
  response.end()
  return undefined
}
