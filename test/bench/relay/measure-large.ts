import { createHash, randomBytes } from 'node:crypto'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { createServer, get } from 'node:http'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Ending } from '../../support/builds/build-image.js'
import { listen } from '../../support/servers/listen.js'
import { starts } from './engines.js'
import { peakMemory } from './processes.js'
import type { RelayCosts } from './results.js'

const name = 'large-1-py3-none-any.whl'
const block = randomBytes(1024 * 1024)

const blocks = function* (count: number): Generator<Buffer> {
  for (let index = 0; index < count; index += 1) yield block
}

/** Gets a URL's answer, of which nothing is kept; a relative link of its page where one is asked for. */
const fetchAll = (url: string, take: (chunk: Buffer) => void): Promise<void> =>
  new Promise((resolve, reject) => {
    get(url, { agent: false, headers: { Accept: 'application/vnd.pypi.simple.v1+json' } }, (response) => {
      response.on('data', take).on('error', reject)
      response.on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`))))
    }).on('error', reject)
  })

/**
 * Measures the relay's memory with one large file, which it fetches, sends on and keeps.
 *
 * @param t What the server ends with.
 * @param scratch An empty folder, for a file of that size.
 * @param gigabytes Its size, in 2^30 bytes.
 * @throws Error where the file does not come whole into the folder.
 */
export const measureLarge = async (t: Ending, scratch: string, gigabytes: number): Promise<RelayCosts['large']> => {
  mkdirSync(scratch, { recursive: true })
  const count = gigabytes * 1024
  const hash = createHash('sha256')
  for (const one of blocks(count)) hash.update(one)
  const sha256 = hash.digest('hex')
  const server = createServer((request, response) => {
    if (request.url === `/f/${name}`) {
      response.writeHead(200, { 'Content-Length': count * block.length })
      pipeline(Readable.from(blocks(count)), response).catch(() => response.destroy())
      return
    }
    response.writeHead(200, { 'Content-Type': 'application/vnd.pypi.simple.v1+json' }).end(
      JSON.stringify({
        meta: { 'api-version': '1.1' },
        name: 'large',
        files: [{ filename: name, url: `../../f/${name}`, hashes: { sha256 } }],
      }),
    )
  })
  const { port } = await listen(t, server)
  const stops: (() => unknown)[] = []
  try {
    const ending: Ending = { teardown: (stop) => stops.push(stop) }
    const { pid, index, filled = '' } = await starts['the relay'](ending, scratch, `http://127.0.0.1:${port}/simple/`)
    const page: Buffer[] = []
    await fetchAll(`${index}large/`, (chunk) => page.push(chunk))
    const { files } = JSON.parse(Buffer.concat(page).toString()) as { files: { url: string }[] }
    const begin = performance.now()
    await fetchAll(new URL(files[0]?.url ?? '', `${index}large/`).href, () => undefined)
    const seconds = (performance.now() - begin) / 1000
    const memory = peakMemory(pid)
    for (const stop of stops.splice(0)) await stop()
    if (statSync(join(filled, name)).size !== count * block.length) throw new Error(`${name} is not whole`)
    return { gigabytes, memory, seconds }
  } finally {
    for (const stop of stops) await stop()
    rmSync(scratch, { recursive: true, force: true })
  }
}
