import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import type { Ending } from '../builds/build-image.js'
import { type Listening, listen } from './listen.js'

/** A mirror that is served over http. */
export interface ServedMirror extends Listening {
  /** The paths that were asked for, in order. */
  readonly requests: readonly string[]
}

/**
 * Serves a mirror over http on 127.0.0.1 until the test ends.
 *
 * @param folder The mirror: a folder a project.
 * @param credentials `user:password`, where the server wants them (RFC 7617); its answers may then be kept, by user.
 * @param before What is waited for before a path is answered.
 */
export const serveMirror = async (
  t: Ending,
  folder: string,
  credentials?: string,
  before: (path: string) => Promise<unknown> | undefined = () => undefined,
): Promise<ServedMirror> => {
  const requests: string[] = []
  const expected = credentials && `Basic ${Buffer.from(credentials).toString('base64')}`
  const server = createServer(async (request, response) => {
    const path = decodeURIComponent((request.url ?? '/').replace(/^\/simple/, '').replace(/\?.*/, ''))
    requests.push(path)
    await before(path)
    if (expected && request.headers.authorization !== expected) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="mirror"' }).end()
      return
    }
    const file = join(folder, path)
    const page = existsSync(file) && statSync(file).isDirectory() ? join(file, 'index.html') : file
    if (!existsSync(page)) {
      response.writeHead(404).end()
      return
    }
    const type = page.endsWith('.html') ? { 'Content-Type': 'text/html' } : {}
    // So that pip and uv keep the request's Authorization with the answer (RFC 9111, Calculating Cache Keys with Vary).
    const caching = { Vary: 'Authorization', ETag: `"${path}"`, 'Cache-Control': 'max-age=600' }
    const body = readFileSync(page)
    response.writeHead(200, { ...type, ...(expected ? caching : {}), 'Content-Length': body.length }).end(body)
  })
  return { ...(await listen(t, server)), requests }
}
