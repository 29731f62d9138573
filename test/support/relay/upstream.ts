import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, createServer as createTcpServer, type Socket } from 'node:net'
import type { Test } from 'tap'
import { listen } from '../servers/listen.js'

/** A file that an index of a test has. */
export interface UpstreamFile {
  readonly name: string
  readonly content: Buffer
  /** What its page tells, where that is not the truth; undefined to tell no hash. */
  readonly sha256?: string | undefined
  /** More of its entry in JSON. */
  readonly more?: Readonly<Record<string, unknown>>
}

/** sha256 in hexadecimal digits. */
export const sha256 = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

/** An index of a test's own. */
export interface Upstream {
  /** The index, with no slash at its end. */
  readonly url: string
  readonly port: number
  /** The paths that were asked for, with their methods. */
  readonly asked: string[]
  readonly requests: IncomingMessage[]
  readonly stop: () => Promise<void>
}

/** Answers a request in place of the index, where it returns true. */
export type Instead = (request: IncomingMessage, response: ServerResponse) => boolean | undefined

/**
 * Serves an index in JSON (PEP 691), or in HTML to who knows no JSON, whose files are below /f/. Files are sent whole or in parts, with an ETag.
 *
 * @param projects Files by the names of projects.
 */
export const serveIndex = async (
  t: Test,
  projects: Readonly<Record<string, readonly UpstreamFile[]>>,
  instead: Instead = () => undefined,
): Promise<Upstream> => {
  const asked: string[] = []
  const requests: IncomingMessage[] = []
  const files = new Map(Object.values(projects).flatMap((list) => list.map((file) => [file.name, file] as const)))
  const server = createServer((request, response) => {
    const path = request.url ?? ''
    asked.push(`${request.method} ${path}`)
    requests.push(request)
    if (instead(request, response)) return
    const [, project] = /^\/simple\/([^/]+)\/(?:\?.*)?$/.exec(path) ?? []
    const list = project === undefined ? undefined : projects[project]
    if (list !== undefined && !/json|\*\/\*/.test(request.headers.accept ?? '*/*')) {
      response.end(
        list.map(({ name, content }) => `<a href="../../f/${name}#sha256=${sha256(content)}">x</a>`).join(''),
      )
      return
    }
    if (list !== undefined) {
      response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end(
        JSON.stringify({
          meta: { 'api-version': '1.1' },
          name: project,
          files: list.map((file) => {
            const digits = 'sha256' in file ? file.sha256 : sha256(file.content)
            return {
              filename: file.name,
              url: `../../f/${file.name}`,
              hashes: digits ? { sha256: digits } : {},
              ...file.more,
            }
          }),
        }),
      )
      return
    }
    const file = path.startsWith('/f/') ? files.get(decodeURIComponent(path.slice(3))) : undefined
    if (file === undefined) {
      response.writeHead(404).end()
      return
    }
    sendPart(request, response, file.content)
  })
  const { port, stop } = await listen(t, server)
  return { url: `http://127.0.0.1:${port}/simple`, port, asked, requests, stop }
}

/** Bytes of no meaning that begin as a wheel does. */
export const likeWheel = (length: number): Buffer => Buffer.concat([Buffer.from('PK'), randomBytes(length - 2)])

/** The same for an sdist. */
export const likeSdist = (length: number): Buffer => Buffer.concat([Buffer.from([0x1f, 0x8b]), randomBytes(length - 2)])

/** Sends bytes, or the part of them that is asked for. */
export const sendPart = (request: IncomingMessage, response: ServerResponse, content: Buffer): void => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(request.headers.range ?? '') ?? []
  const etag = `"${sha256(content).slice(0, 16)}"`
  const condition = request.headers['if-range'] ?? etag
  if (first === undefined || last === undefined || condition !== etag) {
    response.writeHead(200, { 'Content-Length': content.length, ETag: etag })
    response.end(request.method === 'HEAD' ? undefined : content)
    return
  }
  const from = first === '' ? content.length - Number(last) : Number(first)
  const to = first === '' || last === '' ? content.length : Number(last) + 1
  response
    .writeHead(206, {
      'Content-Length': to - from,
      'Content-Range': `bytes ${from}-${to - 1}/${content.length}`,
      ETag: etag,
    })
    .end(content.subarray(from, to))
}

/** Before a server on this machine: the next connection is looked at when the last one has ended. */
export const oneAtATime = async (t: Test, to: number): Promise<{ readonly port: number }> => {
  const waiting: Socket[] = []
  let isBusy = false
  const next = (): void => {
    const socket = isBusy ? undefined : waiting.shift()
    if (socket === undefined) return
    isBusy = true
    const server = connect(to, '127.0.0.1')
    const end = (): void => {
      server.destroy()
      socket.destroy()
    }
    server.on('error', end).on('end', () => socket.end())
    socket.on('error', end).on('close', () => {
      server.destroy()
      isBusy = false
      next()
    })
    socket.pipe(server)
    server.pipe(socket)
  }
  return listen(
    t,
    createTcpServer((socket) => {
      socket.on('error', () => undefined)
      waiting.push(socket)
      next()
    }),
  )
}
