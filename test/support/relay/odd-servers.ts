import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { deflateRawSync, deflateSync, gzipSync } from 'node:zlib'
import { makeWheels } from '../servers/mirror.js'
import { type Instead, sendPart, sha256, type UpstreamFile } from './upstream.js'

/** A server that is odd in one way: what answers in place of a good index. Made anew for each installation. */
export type Odd = () => Instead

/** A row of the table: what is odd, the server, and what else installers are told. */
export interface Row {
  readonly what: string
  readonly odd: Odd
  /** Whether a second index, which is good, stands behind it. */
  readonly hasSecond?: boolean
  /** Files other than those of the sample. */
  readonly files?: (sample: Sample) => Record<string, readonly UpstreamFile[]>
  /** User and password in its URL. */
  readonly credentials?: string
}

/** The wheels that are installed: demo-app requires demo-lib. */
export interface Sample {
  readonly app: UpstreamFile
  readonly lib: UpstreamFile
  readonly metadata: ReadonlyMap<string, string>
}

/** Makes the sample in an empty folder. */
export const makeSample = (folder: string): Sample => {
  makeWheels(folder, [
    { name: 'demo-app', version: '1.0', text: 'token = "app"', requirements: ['demo-lib>=2'] },
    { name: 'demo-lib', version: '2.1', text: `token = "lib"\n${'# much\n'.repeat(20_000)}` },
  ])
  const metadata = new Map<string, string>()
  const files = readdirSync(folder).map((name): UpstreamFile => {
    metadata.set(name, execFileSync('unzip', ['-p', join(folder, name), '*.dist-info/METADATA'], { encoding: 'utf8' }))
    return { name, content: readFileSync(join(folder, name)) }
  })
  const one = (start: string): UpstreamFile => {
    const found = files.find(({ name }) => name.startsWith(start))
    if (found === undefined) throw new Error(`no wheel of ${start}`)
    return found
  }
  return { app: one('demo_app'), lib: one('demo_lib'), metadata }
}

type Answer = (response: ServerResponse, request: IncomingMessage) => unknown

const isPage = ({ url = '' }: IncomingMessage): boolean => url.startsWith('/simple/demo-app/')
const isFile = ({ url = '' }: IncomingMessage): boolean => /^\/f\/demo_app.*whl(?:\?.*)?$/.test(url)
const isMetadata = ({ url = '' }: IncomingMessage): boolean => url.endsWith('.metadata')

const odd =
  (is: (request: IncomingMessage) => boolean, answer: Answer, times = Number.POSITIVE_INFINITY): Odd =>
  () => {
    let left = times
    return (request, response) => {
      if (left <= 0 || !is(request)) return undefined
      left -= 1
      answer(response, request)
      return true
    }
  }

const status =
  (code: number, headers: Record<string, string> = {}): Answer =>
  (response) =>
    response.writeHead(code, headers).end('no')
const close: Answer = (response) => response.destroy()
const reset: Answer = (response) => response.socket?.resetAndDestroy?.() ?? response.destroy()

/** Writes bytes as they are, and closes the connection. */
const raw =
  (text: (body: string) => string | Buffer): Answer =>
  (response) =>
    response.socket?.end(text(htmlOf(sampleFiles)))

let sampleFiles: readonly UpstreamFile[] = []

/** The page of demo-app in HTML, as rows send it. */
const htmlOf = (files: readonly UpstreamFile[], more = ''): string =>
  `<!DOCTYPE html><html><body>${more}\n${files
    .map(({ name, content }) => `<a href="/f/${name}#sha256=${sha256(content)}">${name}</a><br>\n`)
    .join('')}</body></html>\n`

const html =
  (
    text: (link: string, file: UpstreamFile) => string,
    type = 'text/html',
    encode = (page: string) => Buffer.from(page),
  ): Answer =>
  (response) => {
    const [file = { name: '', content: Buffer.alloc(0) }] = sampleFiles
    const body = encode(text(`/f/${file.name}#sha256=${sha256(file.content)}`, file))
    response.writeHead(200, { ...(type ? { 'Content-Type': type } : {}), 'Content-Length': body.length }).end(body)
  }

const json =
  (
    entry: (file: UpstreamFile, good: Record<string, unknown>) => readonly Record<string, unknown>[],
    type = 'application/vnd.pypi.simple.v1+json',
    before = '',
  ): Answer =>
  (response) => {
    const [file = { name: '', content: Buffer.alloc(0) }] = sampleFiles
    const good = { filename: file.name, url: `/f/${file.name}`, hashes: { sha256: sha256(file.content) } }
    const page = { meta: { 'api-version': '1.0' }, name: 'demo-app', files: entry(file, good) }
    response.writeHead(200, { 'Content-Type': type }).end(before + JSON.stringify(page))
  }

const packed =
  (coding: string, pack: (bytes: Buffer) => Buffer): Answer =>
  (response) =>
    response
      .writeHead(200, { 'Content-Type': 'text/html', 'Content-Encoding': coding })
      .end(pack(Buffer.from(htmlOf(sampleFiles))))

const sent =
  (answer: (content: Buffer, response: ServerResponse, request: IncomingMessage) => unknown): Answer =>
  (response, request) =>
    answer(sampleFiles[0]?.content ?? Buffer.alloc(0), response, request)

const redirect =
  (code: number, to = (url: string) => url.replace('/simple/', '/simple/x/../')): Answer =>
  (response, { url = '' }) =>
    response.writeHead(code, { Location: to(url) }).end()

/** As uv reads wheels from afar: HEAD, then parts. */
const remote =
  (head: Answer, part?: Answer): Odd =>
  () =>
  (request, response) => {
    if (!/^\/f\//.test(request.url ?? '')) return undefined
    if (request.method === 'HEAD') head(response, request)
    else if (request.headers.range !== undefined && part !== undefined) part(response, request)
    else return undefined
    return true
  }

const ranges = sent((content, response) =>
  response.writeHead(200, { 'Accept-Ranges': 'bytes', 'Content-Length': content.length }).end(),
)

const row = (what: string, server: Odd, more: Partial<Row> = {}): Row => ({ what, odd: server, ...more })
const second = { hasSecond: true } as const

/** Metadata beside the wheels (PEP 658), and what is odd about it. */
const withMetadata = (digits: (text: string) => string | true = sha256): Partial<Row> => ({
  files: ({ app, lib, metadata }) => {
    const described = (file: UpstreamFile): UpstreamFile => {
      const told = digits(metadata.get(file.name) ?? '')
      return { ...file, more: { 'core-metadata': told === true ? true : { sha256: told } } }
    }
    return { 'demo-app': [described(app)], 'demo-lib': [described(lib)] }
  },
})

/** All rows; `sample` is what their servers have. */
export const rowsOf = (sample: Sample): readonly Row[] => {
  sampleFiles = [sample.app]
  const metadataOf = ({ url = '' }: IncomingMessage): string =>
    sample.metadata.get(decodeURIComponent(url.slice('/f/'.length, -'.metadata'.length))) ?? ''
  const goodMetadata: Answer = (response, request) => response.end(metadataOf(request))
  const metadata =
    (answer: Answer, times?: number): Odd =>
    () => {
      const fault = odd(isMetadata, answer, times)()
      return (request, response) => {
        if (!isMetadata(request)) return undefined
        if (fault(request, response)) return true
        goodMetadata(response, request)
        return true
      }
    }
  return [
    row('nothing', () => () => undefined),
    ...[500, 502, 503, 504, 408, 429].map((code) => row(`a page: ${code}, once`, odd(isPage, status(code), 1))),
    row('a page: 503 with Retry-After, once', odd(isPage, status(503, { 'Retry-After': '1' }), 1)),
    row('a page: 429 with Retry-After, once', odd(isPage, status(429, { 'Retry-After': '1' }), 1)),
    ...[401, 403, 404, 410, 424, 451, 500, 503].map((code) =>
      row(`a page: ${code}, always, before a good index`, odd(isPage, status(code), undefined), second),
    ),
    row(
      'credentials that are asked for',
      odd(
        () => true,
        (response, request) => {
          if (request.headers.authorization === undefined)
            status(401, { 'WWW-Authenticate': 'Basic realm="x"' })(response, request)
          else status(404)(response, request)
        },
      ),
      { ...second, credentials: 'user:word' },
    ),
    row('a page: closed without an answer, once', odd(isPage, close, 1)),
    row('a page: reset, once', odd(isPage, reset, 1)),
    row('a page: closed without an answer, always, before a good index', odd(isPage, close), second),
    row(
      'a page: half a head, once',
      odd(
        isPage,
        raw(() => 'HTTP/1.1 200 OK\r\nContent-Le'),
        1,
      ),
    ),
    row(
      'a page: breaks off in its body, once',
      odd(
        isPage,
        raw((body) => `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9999\r\n\r\n${body}`),
        1,
      ),
    ),
    row(
      'a page: not HTTP, once',
      odd(
        isPage,
        raw(() => 'SSH-2.0-x\r\n'),
        1,
      ),
    ),
    row(
      'a page: not an index, before a good one',
      odd(
        isPage,
        html(() => '<title>Please log in</title>'),
      ),
      second,
    ),
    row(
      'a page: bad JSON, before a good index',
      odd(isPage, (response) =>
        response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end('{'),
      ),
      second,
    ),
    row(
      'a page: of an unknown type, before a good index',
      odd(
        isPage,
        html(() => 'x', 'application/pdf'),
      ),
      second,
    ),
    row(
      'a page: empty, before a good index',
      odd(
        isPage,
        json(() => []),
      ),
      second,
    ),
    row(
      'a page that takes 6 s',
      odd(
        isPage,
        (response, request) => setTimeout(() => html((link) => `<a href="${link}">x</a>`)(response, request), 6000),
        1,
      ),
    ),
    ...[301, 302, 303, 307, 308].map((code) => row(`a page: ${code}`, odd(isPage, redirect(code), 1))),
    row(
      'a page: redirects without an end, before a good index',
      odd(
        isPage,
        redirect(302, (url) => url),
      ),
      second,
    ),
    row(
      'a page: 203',
      odd(isPage, (response) => response.writeHead(203, { 'Content-Type': 'text/html' }).end(htmlOf(sampleFiles))),
    ),
    row(
      'a page: 206 of the whole',
      odd(isPage, (response) => {
        const body = htmlOf(sampleFiles)
        response
          .writeHead(206, { 'Content-Type': 'text/html', 'Content-Range': `bytes 0-${body.length - 1}/${body.length}` })
          .end(body)
      }),
    ),
    row('a page: gzip', odd(isPage, packed('gzip', gzipSync))),
    row('a page: GZip, in capitals', odd(isPage, packed('GZip', gzipSync))),
    row('a page: x-gzip', odd(isPage, packed('x-gzip', gzipSync))),
    row('a page: deflate', odd(isPage, packed('deflate', deflateSync))),
    row('a page: deflate without its header', odd(isPage, packed('deflate', deflateRawSync))),
    row(
      'a page: a redirect that wants its cookie back',
      odd(isPage, (response, request) => {
        if (request.headers.cookie === 'a=b') html((link) => `<a href="${link}">x</a>`)(response, request)
        else response.writeHead(302, { Location: request.url ?? '', 'Set-Cookie': 'a=b; Path=/' }).end()
      }),
    ),
    row(
      'a page: JSON behind a byte order mark',
      odd(
        isPage,
        json((_file, good) => [good], undefined, '\ufeff'),
      ),
    ),
    row(
      'a page: HTML behind a byte order mark',
      odd(
        isPage,
        html((link) => `\ufeff<a href="${link}">x</a>`),
      ),
    ),
    row(
      'a page: Latin-1',
      odd(
        isPage,
        html(
          (link) => `\u00e9<a href="${link}">x</a>`,
          'text/html; charset=ISO-8859-1',
          (page) => Buffer.from(page, 'latin1'),
        ),
      ),
    ),
    row(
      'a page: application/vnd.pypi.simple.v1+html',
      odd(
        isPage,
        html((link) => `<a href="${link}">x</a>`, 'application/vnd.pypi.simple.v1+html'),
      ),
    ),
    row(
      'a page: Text/HTML;charset=utf-8',
      odd(
        isPage,
        html((link) => `<a href="${link}">x</a>`, 'Text/HTML;charset=utf-8'),
      ),
    ),
    row(
      'a page: no type',
      odd(
        isPage,
        html((link) => `<a href="${link}">x</a>`, ''),
      ),
    ),
    row(
      'a page: lines that end in LF alone',
      odd(
        isPage,
        raw((body) => `HTTP/1.1 200 OK\nContent-Type: text/html\nContent-Length: ${body.length}\n\n${body}`),
      ),
    ),
    row(
      'a page: a control character in a header',
      odd(
        isPage,
        raw(
          (body) =>
            `HTTP/1.1 200 OK\r\nX-Odd: a\x01b\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      ),
    ),
    row(
      'a page: 60 KB of headers',
      odd(
        isPage,
        raw(
          (body) =>
            `HTTP/1.1 200 OK\r\nX-Odd: ${'x'.repeat(60_000)}\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      ),
    ),
    row(
      'a page: no reason phrase',
      odd(
        isPage,
        raw((body) => `HTTP/1.1 200\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      ),
    ),
    row(
      'a page: HTTP/1.0, until it closes',
      odd(
        isPage,
        raw((body) => `HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n${body}`),
      ),
    ),
    row(
      'a page: Content-Length beside chunks',
      odd(
        isPage,
        raw(
          (body) =>
            `HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
        ),
      ),
    ),
    row(
      'a page: 100 Continue before it',
      odd(
        isPage,
        raw(
          (body) =>
            `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
        ),
      ),
    ),
    row(
      'links: <base>',
      odd(
        isPage,
        html((link) => `<head><base href="/f/"></head><a href="${link.slice(3)}">x</a>`),
      ),
    ),
    row(
      'links: two <base>',
      odd(
        isPage,
        html((link) => `<base href="/f/"><base href="/wrong/"><a href="${link.slice(3)}">x</a>`),
      ),
    ),
    row(
      'links: capitals, single quotes, no quotes, unclosed',
      odd(
        isPage,
        html((link) => `<A HREF='${link}'>x<a href=/f/other-1.0.zip>y<p`),
      ),
    ),
    row(
      'links: one in a comment',
      odd(
        isPage,
        html((link) => `<!-- <a href="/f/demo_app-9.0-py3-none-any.whl">x</a> --><a href="${link}">x</a>`),
      ),
    ),
    row(
      'links: entities',
      odd(
        isPage,
        html(
          (link) =>
            `<a href="${link.replace('/', '&#47;').replace('=', '&#x3d;')}" data-requires-python="&#62;=3.6">x</a>`,
        ),
      ),
    ),
    row(
      'links: a slash that is encoded in the last part',
      odd(
        ({ url = '' }) => isPage({ url } as IncomingMessage) || url.startsWith('/f/x%2F'),
        (response, request) => {
          if (isPage(request)) html((link) => `<a href="${link.replace('/f/', '/f/x%2F')}">x</a>`)(response, request)
          else sendPart(request, response, sample.app.content)
        },
      ),
    ),
    row(
      'links: a query',
      odd(
        isPage,
        html((link) => `<a href="${link.replace('#', '?token=a%2Fb#')}">x</a>`),
      ),
      {
        files: ({ app, lib }) => ({ 'demo-app': [app, { ...app, name: `${app.name}?token=a/b` }], 'demo-lib': [lib] }),
      },
    ),
    row(
      'links: relative to the scheme',
      odd(isPage, (response, request) =>
        html((link) => `<a href="//${request.headers.host}${link}">x</a>`)(response, request),
      ),
    ),
    row(
      'links: #egg behind a hash',
      odd(
        isPage,
        html((link) => `<a href="${link}&egg=demo-app-1.0">x</a>`),
      ),
    ),
    row(
      'links: #egg before a hash',
      odd(
        isPage,
        html((link) => `<a href="${link.replace('#', '#egg=demo-app-1.0&')}">x</a>`),
      ),
    ),
    row(
      'links: one to a repository beside a wheel',
      odd(
        isPage,
        html((link) => `<a href="git+https://127.0.0.1:1/x.git#egg=demo-app-0.1">x</a><a href="${link}">x</a>`),
      ),
    ),
    row(
      'links: md5',
      odd(
        isPage,
        html((_link, { name }) => `<a href="/f/${name}#md5=${'0'.repeat(32)}">x</a>`),
      ),
    ),
    row(
      'links: no hash',
      odd(
        isPage,
        html((_link, { name }) => `<a href="/f/${name}">x</a>`),
      ),
    ),
    row(
      'links: yanked',
      odd(
        isPage,
        html((link) => `<a href="${link}" data-yanked="broken">x</a>`),
      ),
    ),
    row(
      'links: a newer one for another Python',
      odd(
        isPage,
        html(
          (link) =>
            `<a href="/f/demo_app-9.0-py3-none-any.whl" data-requires-python="&lt;3">x</a><a href="${link}">x</a>`,
        ),
      ),
    ),
    row(
      'links: a bad requires-python',
      odd(
        isPage,
        html((link) => `<a href="${link}" data-requires-python="oops">x</a>`),
      ),
    ),
    row(
      'links: the same name twice',
      odd(
        isPage,
        html((link) => `<a href="${link}">x</a><a href="${link}">x</a>`),
      ),
    ),
    row(
      'JSON: a filename that is not the last part of its URL',
      odd(
        isPage,
        json((_file, good) => [{ ...good, filename: 'demo_app-1.0-py3-none-any.whl' }]),
      ),
    ),
    row(
      'JSON: a wrong hash',
      odd(
        isPage,
        json((_file, good) => [{ ...good, hashes: { sha256: '0'.repeat(64) } }]),
      ),
    ),
    row(
      'JSON: an unknown version',
      odd(isPage, (response) =>
        response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end(
          JSON.stringify({
            meta: { 'api-version': '1.9' },
            name: 'demo-app',
            files: [{ filename: sample.app.name, url: `/f/${sample.app.name}`, hashes: {} }],
          }),
        ),
      ),
    ),
    ...[403, 404, 429, 500, 503].map((code) => row(`a file: ${code}, once`, odd(isFile, status(code), 1))),
    row('a file: closed without an answer, once', odd(isFile, close, 1)),
    row(
      'a file: breaks off once, from a server with parts',
      odd(
        isFile,
        sent((content, response) =>
          response
            .writeHead(200, {
              'Content-Length': content.length,
              ETag: `"${sha256(content).slice(0, 16)}"`,
              'Accept-Ranges': 'bytes',
            })
            .write(content.subarray(0, 300), () => response.destroy()),
        ),
        1,
      ),
    ),
    row(
      'a file: breaks off once, from a server without parts',
      odd(
        isFile,
        sent((content, response) =>
          response
            .writeHead(200, { 'Content-Length': content.length })
            .write(content.subarray(0, 300), () => response.destroy()),
        ),
        1,
      ),
    ),
    row(
      'a file: without a length',
      odd(
        isFile,
        sent((content, response) => {
          response.write(content.subarray(0, 100))
          response.end(content.subarray(100))
        }),
      ),
    ),
    row(
      'a file: until it closes',
      odd(
        isFile,
        sent((content, response) =>
          response.socket?.end(Buffer.concat([Buffer.from('HTTP/1.0 200 OK\r\n\r\n'), content])),
        ),
      ),
    ),
    row(
      'a file: a redirect',
      odd(
        isFile,
        redirect(302, (url) => `${url}?moved`),
        1,
      ),
      { files: ({ app, lib }) => ({ 'demo-app': [app, { ...app, name: `${app.name}?moved` }], 'demo-lib': [lib] }) },
    ),
    row(
      'a file: in gzip, though it was not asked for',
      odd(
        isFile,
        sent((content, response) => response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(content))),
      ),
    ),
    row(
      'a file: slowly',
      odd(
        isFile,
        sent((content, response) => {
          response.writeHead(200, { 'Content-Length': content.length }).write(content.subarray(0, 100))
          setTimeout(() => response.end(content.subarray(100)), 2000)
        }),
      ),
    ),
    row(
      'metadata',
      metadata(() => undefined, 0),
      withMetadata(),
    ),
    row('metadata: promised, and 404', metadata(status(404)), withMetadata()),
    row('metadata: 503, once', metadata(status(503), 1), withMetadata()),
    row('metadata: closed without an answer, once', metadata(close, 1), withMetadata()),
    row(
      'metadata: its hash is wrong',
      metadata(() => undefined, 0),
      withMetadata(() => '0'.repeat(64)),
    ),
    row(
      'metadata: no hash',
      metadata(() => undefined, 0),
      withMetadata(() => true),
    ),
    row('parts: HEAD says that there are some', remote(ranges)),
    ...[400, 403, 404, 405, 500, 501].map((code) => row(`parts: HEAD ${code}`, remote(status(code)))),
    row('parts: HEAD is closed without an answer', remote(close)),
    row(
      'parts: HEAD says a length of 0',
      remote((response) => response.writeHead(200, { 'Content-Length': 0 }).end()),
    ),
    row(
      'parts: HEAD says no length',
      remote((response) => response.writeHead(200, { 'Accept-Ranges': 'bytes' }).end()),
    ),
    row(
      'parts: HEAD says that there are none',
      remote((response) => response.writeHead(200, { 'Accept-Ranges': 'none' }).end()),
    ),
    ...[200, 403, 416, 501].map((code) =>
      row(
        `parts: promised, and ${code}`,
        remote(
          ranges,
          code === 200
            ? sent((content, response) => response.writeHead(200, { 'Content-Length': content.length }).end(content))
            : status(code),
        ),
      ),
    ),
  ]
}
