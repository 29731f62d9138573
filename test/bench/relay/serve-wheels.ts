import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { Ending } from '../../support/builds/build-image.js'
import { listen } from '../../support/servers/listen.js'
import { normaliseName } from '../../support/servers/mirror.js'

/** How far away an index is. */
export interface Distance {
  /** Seconds that each answer waits before it begins. */
  readonly delay: number
  /** The most bytes a second on each connection. */
  readonly rate: number
}

/** An index that is served. */
export interface ServedIndex {
  /** The index' URL, with a slash at its end. */
  readonly url: string
  /** How many bytes of wheels it has sent. */
  readonly sent: () => number
}

/** The size of the pieces in which a body is sent where the rate is limited, in bytes. */
const piece = 64 * 1024

const hash = (content: Buffer | string): string => createHash('sha256').update(content).digest('hex')

const send = async (response: ServerResponse, type: string, body: Buffer, { delay, rate }: Distance): Promise<void> => {
  if (delay > 0) await setTimeout(delay * 1000)
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length })
  if (rate === Number.POSITIVE_INFINITY) {
    response.end(body)
    return
  }
  const start = performance.now()
  for (let at = 0; at < body.length && !response.destroyed; at += piece) {
    const early = (at / rate) * 1000 - (performance.now() - start)
    if (early > 1) await setTimeout(early)
    response.write(body.subarray(at, at + piece))
  }
  response.end()
}

/**
 * Serves a folder of wheels as the official index would: pages in HTML (PEP 503) or JSON (PEP 691), with hashes, and each
 * wheel's metadata (PEP 658).
 *
 * @param t What it ends with.
 * @param folder The wheels, side by side. They are read once.
 * @param distance How far away it is.
 * @param hasNewer Whether each project has another release besides, newer than that of its wheel and as large.
 */
export const serveWheels = async (
  t: Ending,
  folder: string,
  distance: Distance,
  hasNewer = false,
): Promise<ServedIndex> => {
  const bodies = new Map<string, Buffer>()
  const pages = new Map<string, { name: string; sha256: string; metadata: string }[]>()
  let sent = 0
  const add = (name: string, content: Buffer, metadata: Buffer): void => {
    bodies.set(`/f/${name}`, content).set(`/f/${name}.metadata`, metadata)
    const path = `/simple/${normaliseName(name.split('-')[0] ?? '')}/`
    pages.set(path, [...(pages.get(path) ?? []), { name, sha256: hash(content), metadata: hash(metadata) }])
  }
  for (const name of readdirSync(folder)) {
    const content = readFileSync(join(folder, name))
    const metadata = execFileSync('unzip', ['-p', join(folder, name), '*.dist-info/METADATA'])
    add(name, content, metadata)
    if (!hasNewer) continue
    const [project = '', version = '', ...tags] = name.split('-')
    const newer = metadata.toString('latin1').replace(/^Version: .*$/m, `Version: ${version}.post9`)
    add([project, `${version}.post9`, ...tags].join('-'), content, Buffer.from(newer, 'latin1'))
  }
  const html = (path: string): string =>
    (pages.get(path) ?? [])
      .map(
        ({ name, sha256, metadata }) =>
          `<a href="../../f/${name}#sha256=${sha256}" data-core-metadata="sha256=${metadata}" data-dist-info-metadata="sha256=${metadata}">${name}</a><br>\n`,
      )
      .join('')
  const json = (path: string): string =>
    JSON.stringify({
      meta: { 'api-version': '1.1' },
      name: path.split('/')[2],
      versions: [],
      files: (pages.get(path) ?? []).map(({ name, sha256, metadata }) => ({
        filename: name,
        url: `../../f/${name}`,
        size: bodies.get(`/f/${name}`)?.length,
        hashes: { sha256 },
        'core-metadata': { sha256: metadata },
      })),
    })
  const names = [...pages.keys()].map((path) => path.split('/')[2] ?? '')
  const server = createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? '')
    const wantsJson = request.headers.accept?.includes('application/vnd.pypi.simple.v1+json') === true
    const body = bodies.get(path)
    if (body !== undefined) {
      if (path.endsWith('.whl')) sent += body.length
      void send(response, 'application/octet-stream', body, distance)
    } else if (path !== '/simple/' && !pages.has(path)) response.writeHead(404).end()
    else if (wantsJson) {
      const list = { meta: { 'api-version': '1.1' }, projects: names.map((name) => ({ name })) }
      const text = path === '/simple/' ? JSON.stringify(list) : json(path)
      void send(response, 'application/vnd.pypi.simple.v1+json', Buffer.from(text), distance)
    } else {
      const links = path === '/simple/' ? names.map((name) => `<a href="${name}/">${name}</a>\n`).join('') : html(path)
      void send(response, 'text/html', Buffer.from(`<!DOCTYPE html>\n${links}`), distance)
    }
  })
  const { port } = await listen(t, server)
  return { url: `http://127.0.0.1:${port}/simple/`, sent: () => sent }
}
