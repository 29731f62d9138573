import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import type { Sample } from './odd-servers.js'
import { type Instead, sendPart, sha256, type UpstreamFile } from './upstream.js'

/** Picks one of several by a seed and a key: the same each time. */
export type Draw = <Value>(key: string, from: readonly Value[]) => Value

/** Begins with a seed. */
export const drawBy =
  (seed: number): Draw =>
  (key, from) => {
    const number = createHash('sha256').update(`${seed} ${key}`).digest().readUInt32BE(0)
    return from[number % from.length] as (typeof from)[number]
  }

/** Answers with the bytes that are right at a path, in some way of its own. */
type Way = (response: ServerResponse, body: Buffer, request: IncomingMessage, type: string) => unknown

const status =
  (code: number, headers: Record<string, string> = {}): Way =>
  (response) =>
    response.writeHead(code, headers).end('no')

const raw =
  (make: (body: Buffer, type: string) => readonly (string | Buffer)[]): Way =>
  (response, body, _request, type) =>
    response.socket?.end(Buffer.concat(make(body, type).map((part) => Buffer.from(part))))

const late =
  (way: Way): Way =>
  (response, ...rest) =>
    setTimeout(() => way(response, ...rest), 300)

/** Sends so much of the body, and breaks off. */
const cut =
  (part: number, headers: Record<string, string> = {}): Way =>
  (response, body, _request, type) => {
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length, ...headers })
    response.write(body.subarray(0, Math.floor(body.length * part)), () => response.destroy())
  }

const whole =
  (code = 200, headers: Record<string, string> = {}): Way =>
  (response, body, _request, type) =>
    response.writeHead(code, { 'Content-Type': type, 'Content-Length': body.length, ...headers }).end(body)

const packed =
  (coding: string, pack: (bytes: Buffer) => Buffer): Way =>
  (response, body, _request, type) =>
    response.writeHead(200, { 'Content-Type': type, 'Content-Encoding': coding }).end(pack(body))

/** Faults of a server, whatever is asked for. */
const faults: Readonly<Record<string, Way>> = {
  ...Object.fromEntries(
    [400, 401, 403, 404, 408, 410, 424, 429, 451, 500, 501, 502, 503, 504, 520].map((code) => [code, status(code)]),
  ),
  '401 with a realm': status(401, { 'WWW-Authenticate': 'Basic realm="x"' }),
  '503 with Retry-After': status(503, { 'Retry-After': '1' }),
  '429 with Retry-After: 0': status(429, { 'Retry-After': '0' }),
  closed: (response) => response.destroy(),
  'closed late': late((response) => response.destroy()),
  reset: (response) => response.socket?.resetAndDestroy?.() ?? response.destroy(),
  'half a head': raw(() => ['HTTP/1.1 200 OK\r\nContent-Le']),
  'not HTTP': raw(() => ['SSH-2.0-x\r\n']),
  'cut at its beginning': cut(0),
  'cut in the middle': cut(0.5),
  'cut with parts': cut(0.7, { 'Accept-Ranges': 'bytes', ETag: '"x"' }),
  'cut without parts': cut(0.7, { 'Accept-Ranges': 'none' }),
  'cut in chunks': (response, body, _request, type) => {
    response.writeHead(200, { 'Content-Type': type }).write(body.subarray(0, 100), () => response.destroy())
  },
  'less than all': (response, body, request, type) => whole()(response, body.subarray(0, 50), request, type),
  empty: (response, _body, request, type) => whole()(response, Buffer.alloc(0), request, type),
  'another page': (response, _body, request) =>
    whole()(response, Buffer.from('<title>Log in</title><form></form>'), request, 'text/html'),
  'broken gzip': packed('gzip', (body) => Buffer.concat([gzipSync(body).subarray(0, 20), Buffer.from('broken')])),
  'a redirect to nothing': status(302, { Location: 'http://127.0.0.1:1/' }),
  'a redirect to itself': (response, _body, { url = '' }) =>
    status(302, { Location: url })(response, _body, {} as IncomingMessage, ''),
}

const moved =
  (code: number): Way =>
  (response, _body, { url = '' }) =>
    response.writeHead(code, { Location: `${url.split('?')[0]}?moved` }).end()

/** Ways to send a page that all installers take. */
const ways: Readonly<Record<string, Way>> = {
  whole: whole(),
  late: late(whole()),
  gzip: packed('gzip', gzipSync),
  'x-GZIP': packed('x-GZIP', gzipSync),
  deflate: packed('deflate', deflateSync),
  'raw deflate': packed('deflate', deflateRawSync),
  203: whole(203),
  'not kept': whole(200, { Connection: 'close' }),
  ...Object.fromEntries([301, 302, 303, 307, 308].map((code) => [code, moved(code)])),
  'until it closes': raw((body, type) => [`HTTP/1.0 200 OK\r\nContent-Type: ${type}\r\n\r\n`, body]),
  'bare LF': raw((body, type) => [`HTTP/1.1 200 OK\nContent-Type: ${type}\nContent-Length: ${body.length}\n\n`, body]),
  chunks: (response, body, _request, type) => {
    response.writeHead(200, { 'Content-Type': type }).write(body.subarray(0, 50))
    response.end(body.subarray(50))
  },
}

/** Ways to send a file. */
const fileWays: Readonly<Record<string, Way>> = {
  whole: whole(),
  late: late(whole()),
  302: moved(302),
  307: moved(307),
  'until it closes': raw((body) => ['HTTP/1.0 200 OK\r\n\r\n', body]),
  chunks: ways['chunks'] ?? whole(),
  'not kept': whole(200, { Connection: 'close' }),
  parts: (response, body, request) => sendPart(request, response, body),
  'parts, told': (response, body, request) => {
    response.setHeader('Accept-Ranges', 'bytes')
    sendPart(request, response, body)
  },
}

const pageOf = (draw: Draw, project: string, file: UpstreamFile, metadata: string): { type: string; body: Buffer } => {
  const digits = draw(`${project} hash`, [sha256(file.content), sha256(file.content), undefined])
  const kinds: readonly (true | { sha256: string } | undefined)[] = [
    undefined,
    undefined,
    true,
    { sha256: sha256(metadata) },
  ]
  const told = draw(`${project} metadata`, kinds)
  if (draw(`${project} form`, ['html', 'json']) === 'json') {
    const hashes = digits === undefined ? {} : { sha256: digits }
    const entry = { filename: file.name, url: `../../f/${file.name}`, hashes, 'core-metadata': told }
    const page = { meta: { 'api-version': '1.1' }, name: project, files: [entry] }
    return { type: 'application/vnd.pypi.simple.v1+json', body: Buffer.from(JSON.stringify(page)) }
  }
  const core = told === undefined ? '' : ` data-core-metadata="${told === true ? 'true' : `sha256=${told.sha256}`}"`
  const fragment = digits === undefined ? '' : `#sha256=${digits}`
  const page = `<!DOCTYPE html><html><body>\n<a href="../../f/${file.name}${fragment}"${core}>${file.name}</a>\n</body></html>\n`
  return { type: draw(`${project} type`, ['text/html', 'text/html; charset=utf-8']), body: Buffer.from(page) }
}

/**
 * A server whose every answer is drawn by method, path and how often it was asked: of each path the first answers, none to
 * three, may be faults.
 *
 * @param said Gets a line for each answer.
 */
export const drawnServer = (draw: Draw, { app, lib, metadata }: Sample, said: string[]): Instead => {
  const asked = new Map<string, number>()
  const projects: Readonly<Record<string, UpstreamFile>> = { 'demo-app': app, 'demo-lib': lib }
  const files = new Map(Object.values(projects).map((file) => [file.name, file]))
  return (request, response) => {
    // A connection that was ended to the one side may still bring a request.
    if (request.socket.writableEnded) return true
    const { method, url = '' } = request
    const path = url.split('?')[0] ?? ''
    const key = `${method} ${path}`
    const times = asked.get(key) ?? 0
    asked.set(key, times + 1)
    const isFault = times < draw(key, [0, 0, 0, 1, 1, 2, 3])
    const [, project = ''] = /^\/simple\/([^/]+)\/$/.exec(path) ?? []
    const file = projects[project]
    const one = files.get(path.slice('/f/'.length))
    const text = path.endsWith('.metadata') ? metadata.get(path.slice('/f/'.length, -'.metadata'.length)) : undefined
    const { type, body } =
      file !== undefined
        ? pageOf(draw, project, file, metadata.get(file.name) ?? '')
        : { type: 'application/octet-stream', body: text === undefined ? one?.content : Buffer.from(text) }
    if (body === undefined) return undefined
    const all = isFault ? faults : file !== undefined ? ways : fileWays
    const name = draw(`${key} ${times}`, Object.keys(all))
    said.push(`${key}: ${name}`)
    all[name]?.(response, body, request, type)
    return true
  }
}
