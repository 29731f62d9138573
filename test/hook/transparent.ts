import { join } from 'node:path'
import t, { type Test } from 'tap'
import { needsRoot } from '../support/builds/root.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { openInstallers } from '../support/relay/installs.js'
import { makeSample, type Row, rowsOf } from '../support/relay/odd-servers.js'
import { at, openTestRelay } from '../support/relay/test-relay.js'
import { serveIndex } from '../support/relay/upstream.js'

// The fixtures are made for root alone.
needsRoot(t)

const scratch = scratchFolder(t)
const sample = makeSample(join(scratch, 'sample'))
const good = { 'demo-app': [sample.app], 'demo-lib': [sample.lib] }
const installers = await openInstallers(t, scratch)

/** What works directly, for the count at the end. */
let works = 0

const check = async (t: Test, { what, odd, hasSecond, files, credentials }: Row): Promise<void> => {
  const serve = async (): Promise<readonly string[]> => {
    const { url } = await serveIndex(t, files?.(sample) ?? good, odd())
    const own = credentials === undefined ? url : url.replace('//', `//${credentials}@`)
    return hasSecond ? [own, (await serveIndex(t, good)).url] : [own]
  }
  const both = async (installer: 'pip' | 'uv'): Promise<void> => {
    const relay = await openTestRelay(
      t,
      (await serve()).map((url) => at(url)),
    )
    const [direct, through] = await Promise.all([
      installers[installer](await serve()),
      installers[installer](hasSecond ? [relay.index(0), relay.index(1)] : [relay.index()]),
    ])
    const isBetter = direct.files === undefined && through.files !== undefined
    if (direct.files !== undefined) works += 1
    const how = isBetter
      ? 'fails directly, works through the relay'
      : direct.files === undefined
        ? 'fails in both'
        : 'works'
    t.ok(direct.files === undefined || through.files === direct.files, `${what}: ${installer} ${how}`, {
      relay: relay.log(),
      log: through.log.slice(-2000),
    })
  }
  await Promise.all([both('pip'), both('uv')])
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
      t.ok(
        rows.length >= 60 && works > 1.5 * rows.length,
        `${rows.length} rows, of which ${works} installations work directly`,
      )
  },
)
