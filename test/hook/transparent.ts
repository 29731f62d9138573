import { join } from 'node:path'
import t, { type Test } from 'tap'
import { needsRoot } from '../support/builds/root.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { compare, type Install, openInstallers } from '../support/relay/installs.js'
import { makeSample, type Row, rowsOf } from '../support/relay/odd-servers.js'
import { at, openTestRelay } from '../support/relay/test-relay.js'
import { serveIndex } from '../support/relay/upstream.js'

// The fixtures are made for root alone.
needsRoot(t)

const scratch = scratchFolder(t)
const sample = makeSample(join(scratch, 'sample'))
const good = { 'demo-app': [sample.app], 'demo-lib': [sample.lib] }
const { pip, uv, oldPip } = await openInstallers(t, scratch)
const all = [
  ['pip', pip],
  ['uv', uv],
  ['pip 9', await oldPip('9')],
  ['pip 20.3', await oldPip('20')],
] as const

/** Beginnings of rows that old pips take in another way: no parts, no JSON, no metadata, other codings, another reader of HTML. */
const old = [
  'nothing',
  'a page: 503, always',
  'a page: 401, always',
  'a page: closed without an answer, once',
  'a page: breaks off in its body',
  'a page: not an index',
  'a page: x-gzip',
  'links: two <base>',
  'links: yanked',
  'a file: breaks off once, from a server with parts',
]

/** What is there when all of the sample is installed. */
const { files: whole } = await pip([(await serveIndex(t, good)).url])

/** What works, for the count at the end. */
let works = 0

const check = async (t: Test, { what, odd, hasSecond, files, credentials }: Row): Promise<void> => {
  const serve = async (): Promise<readonly string[]> => {
    const { url } = await serveIndex(t, files?.(sample) ?? good, odd())
    const own = credentials === undefined ? url : url.replace('//', `//${credentials}@`)
    return hasSecond ? [own, (await serveIndex(t, good)).url] : [own]
  }
  const both = async ([installer, install]: readonly [string, Install]): Promise<void> => {
    const relay = await openTestRelay(
      t,
      (await serve()).map((url) => at(url)),
    )
    if (await compare(t, `${what}: ${installer}`, install, relay, serve, whole)) works += 1
  }
  await Promise.all((old.some((start) => what.startsWith(start)) ? all : all.slice(0, 2)).map(both))
}

t.test(
  'what pip and uv can do with an index directly, they can do through the relay',
  { timeout: 900_000 },
  async (t) => {
    const rows = rowsOf(sample).filter(({ what }) => what.includes(process.env['ROWS'] ?? ''))
    const left = [...rows]
    const work = async (): Promise<void> => {
      for (let row = left.shift(); row !== undefined; row = left.shift()) await check(t, row)
    }
    await Promise.all(Array.from({ length: 4 }, work))
    if (!process.env['ROWS'])
      t.ok(rows.length >= 60 && works > 1.5 * rows.length, `${rows.length} rows, of which ${works} installations work`)
  },
)
