import type { IncomingHttpHeaders, IncomingMessage } from 'node:http'
import { pipeline, Readable, type Transform } from 'node:stream'
import { createGunzip, createInflate, createInflateRaw } from 'node:zlib'
import { type ClientOptions, type HttpRequest, newExchange, wayTo } from './exchange.js'
import { HttpError } from './http-error.js'
import { isTls } from './url.js'

/** The head of an answer, after all redirects. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Has to be read to its end or destroyed. */
  readonly body: IncomingMessage
  /** Where it came from. */
  readonly url: URL
}

/** Sends requests as pip would from here: by its proxies, with its authorities. It waits for ever, and repeats nothing that was answered. */
export interface HttpClient {
  /** An answer of any status is one; rejected with an HttpError if there is none. */
  readonly request: (url: URL, request: HttpRequest) => Promise<HttpAnswer>
  /** For the words of a fault. */
  readonly wayTo: (url: URL) => Pick<ReturnType<typeof wayTo>, 'proxy' | 'certificate'>
}

/** As requests (its models.py, DEFAULT_REDIRECT_LIMIT), and with it pip. */
const mostRedirects = 30

/** A redirect's body of at most this length is read, so that its connection can be used again. */
const shortBody = 65_536

const nextUrl = (location: string, from: URL): URL => {
  try {
    // requests takes its bytes for UTF-8.
    const url = new URL(Buffer.from(location, 'latin1').toString('utf8'), from)
    if (/^https?:$/.test(url.protocol)) return url
  } catch {
    // Said below.
  }
  throw new HttpError('redirect', 'redirects to something that is neither http nor https')
}

/** Makes a client, with connections of its own. */
export const newClient = (options: ClientOptions): HttpClient => {
  const exchange = newExchange(options)
  return {
    wayTo: (url) => wayTo(url, options),
    request: async (url, request) => {
      /** By host and name; they are for this one chain of redirects, and what came over TLS goes over TLS alone. */
      const cookies = new Map<string, { readonly to: URL; readonly pair: string }>()
      let at = url
      for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
        const pairs = [...cookies.values()]
          .filter(({ to }) => to.hostname === at.hostname && (isTls(at) || !isTls(to)))
          .map(({ pair }) => pair)
        const headers = pairs.length === 0 ? request.headers : { ...request.headers, Cookie: pairs.join('; ') }
        const body = await exchange(at, { ...request, headers })
        const { statusCode: status = 0 } = body
        const { location, 'set-cookie': set = [], 'content-length': length } = body.headers
        if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
          return { status, headers: body.headers, body, url: at }
        for (const line of set) {
          const pair = line.split(';')[0] ?? ''
          cookies.set(`${at.hostname} ${pair.split('=')[0]}`, { to: at, pair })
        }
        if (Number(length) <= shortBody) body.resume()
        else body.destroy()
        at = nextUrl(location, at)
      }
      throw new HttpError('redirect', `redirects more than ${mostRedirects} times`)
    },
  }
}

/**
 * The chunks of an answer, as they were sent. Reading ends with an HttpError if it is not complete. Who stops before its
 * end ends the connection.
 */
export const chunksOf = async function* (body: IncomingMessage): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of body) yield chunk as Buffer
  } catch (error) {
    throw error instanceof HttpError ? error : new HttpError('connection', 'breaks the connection off')
  } finally {
    body.destroy()
  }
}

const decoderFor = (coding: string, firstByte: number | undefined): Transform | undefined => {
  if (coding === 'gzip' || coding === 'x-gzip') return createGunzip()
  if (coding !== 'deflate') return undefined
  // Some servers send it without the zlib header that RFC 9110, 8.4.1.2 wants; urllib3 takes both.
  return ((firstByte ?? 8) & 15) === 8 ? createInflate() : createInflateRaw()
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
  if (decoder === undefined) return yield* again()
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
    .reduceRight(decode, chunksOf(body))

/** Gathers chunks of what is called `what`, of at most so many bytes; rejected with an HttpError. */
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
