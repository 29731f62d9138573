import { createReadStream } from 'node:fs'
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import { chooseHash, type Page, type PageFile } from '../../index/page.js'
import type { Asker, Found, PassedOn } from '../upstream/source.js'

export interface Call {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  /** What servers are told of it. */
  readonly asker: Asker
}

/** A second copy in an installer's cache would only fill the image's small disk. */
const uncached = { 'Cache-Control': 'no-store' } as const

/** Writes the head of an answer, of which it may not be known how many bytes follow. */
export const sendHead = (call: Call, { status, reason, headers }: PassedOn, length: number | undefined): void => {
  const known = length === undefined ? {} : { 'Content-Length': length }
  // A reason phrase, which uv shows, is ASCII in one line (RFC 9112, 4).
  const phrase = (reason ?? STATUS_CODES[status] ?? '').replace(/[^ -~]+/g, '?').slice(0, 300)
  // Without a phrase, Node.js 18.0 to 18.12 leaves out the headers.
  call.response.writeHead(status, phrase, { ...headers, ...uncached, ...known })
}

/** Sends what is in memory; for a HEAD Node.js leaves the body out. */
export const send = (call: Call, head: PassedOn, body: Buffer | string = ''): void => {
  sendHead(call, head, Buffer.byteLength(body))
  call.response.end(body)
}

/**
 * Refuses a request such that an installer neither repeats it nor takes the project for unknown: pip repeats a 5xx for
 * seconds, and uv goes past a 404.
 */
export const refuse = (call: Call, cause: string): void =>
  send(call, { status: 424, reason: cause, headers: { 'Content-Type': 'text/plain; charset=utf-8' } }, `${cause}\n`)

export const notFound = (call: Call): void =>
  send(call, { status: 404, headers: { 'Content-Type': 'text/plain' } }, 'not found\n')

/** Passes on what a server says besides 'here it is': its status, and what belongs to that. */
export const passOn = (call: Call, { headers, ...head }: PassedOn): void => {
  const { 'content-encoding': _encoding, ...rest } = headers
  send(call, { ...head, headers: rest })
}

/** The page that was found; undefined if there is none, which is answered. */
export const pageOrReply = (call: Call, found: Found): Page | undefined => {
  if (found.kind === 'page') return found
  if (found.kind === 'refused') refuse(call, found.cause)
  else if (found.kind === 'answer') passOn(call, found)
  else notFound(call)
  return undefined
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
  { name, hashes }: PageFile,
): Sendable => {
  const hash = chooseHash(hashes)
  return {
    headers: {
      'content-type': name.endsWith('.metadata') ? 'text/plain; charset=utf-8' : 'application/octet-stream',
      'accept-ranges': 'bytes',
      ...(hash && { etag: `"${hash.digits}"` }),
    },
    length: size,
    read: (from, to = size) =>
      from >= to ? (async function* () {})() : createReadStream(path, { start: from, end: to - 1 }),
  }
}

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
 * Sends the rest of an answer whose head is written, as fast as the client takes it; to a HEAD, nothing. If the chunks end
 * with an error, so does the connection: the client sees that it has not all.
 *
 * @returns Resolved when all is sent or the client has gone; rejected with the error of the chunks.
 */
export const sendChunks = async (
  { request, response }: Call,
  chunks: () => AsyncIterable<Buffer>,
): Promise<undefined> => {
  // An installer sees the head before the first bytes come.
  response.flushHeaders()
  try {
    for await (const chunk of request.method === 'HEAD' ? [] : chunks()) {
      if (response.destroyed) return
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
  } catch (error) {
    response.destroy()
    throw error
  }
}

/** Sends a file, or the part of it that is asked for, to who asks by GET or HEAD; rejected if its bytes end with an error. */
export const sendFile = async (call: Call, { headers, length, read }: Sendable): Promise<undefined> => {
  const { range, 'if-range': condition } = call.request.headers
  const isWhole = length === undefined || (condition !== undefined && condition !== headers['etag'])
  const part = isWhole ? undefined : parseRange(range, length)
  if (part === 'none') {
    send(call, { status: 416, headers: { ...headers, 'Content-Range': `bytes */${length}` } })
    return undefined
  }
  const { from, to } = part ?? { from: 0, to: length }
  const partly = part && { 'Content-Range': `bytes ${from}-${part.to - 1}/${length}` }
  sendHead(call, { status: part ? 206 : 200, headers: { ...headers, ...partly } }, to === undefined ? to : to - from)
  return sendChunks(call, () => read(from, to))
}
