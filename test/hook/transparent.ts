import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { needsRoot } from '../support/builds/root.js'
import { runProgram } from '../support/builds/run.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { makeSample, type Row, rowsOf } from '../support/relay/odd-servers.js'
import { at, openTestRelay } from '../support/relay/test-relay.js'
import { serveIndex } from '../support/relay/upstream.js'
import { benchTools } from '../support/setup/fixtures.js'

// The fixtures are made for root alone.
needsRoot(t)
const { newPip, uv } = await benchTools()

const scratch = scratchFolder(t)
const sample = makeSample(join(scratch, 'sample'))
const good = { 'demo-app': [sample.app], 'demo-lib': [sample.lib] }
let count = 0

/** Installs demo-app, and with it demo-lib, with two retries; what is there then, or undefined. */
const install = async (
  installer: 'pip' | 'uv',
  urls: readonly string[],
): Promise<{ files: string | undefined; log: string }> => {
  count += 1
  const target = join(scratch, String(count))
  mkdirSync(target)
  const [first = '', ...others] = urls
  const indexes = ['--index-url', `${first}/`, ...others.flatMap((url) => ['--extra-index-url', `${url}/`])]
  const env = cleanEnvironment({
    HOME: scratch,
    PIP_DISABLE_PIP_VERSION_CHECK: '1',
    PIP_NO_INPUT: '1',
    UV_HTTP_RETRIES: '2',
    UV_INDEX_STRATEGY: 'unsafe-best-match',
    UV_PYTHON_DOWNLOADS: 'never',
  })
  const { status, log } =
    installer === 'pip'
      ? await runProgram(
          '/usr/bin/python3',
          [
            newPip,
            'install',
            '--no-cache-dir',
            '--retries=2',
            '--no-compile',
            '--target',
            target,
            ...indexes,
            'demo-app',
          ],
          { env },
        )
      : await runProgram(
          uv,
          ['pip', 'install', '--no-cache', '--python=/usr/bin/python3', '--target', target, ...indexes, 'demo-app'],
          { env },
        )
  if (status !== 0) return { files: undefined, log }
  const files = readdirSync(target)
    .filter((name) => name.endsWith('.py'))
    .sort()
    .map((name) => `${name} ${readFileSync(join(target, name), 'utf8').slice(0, 20)}`)
    .join('\n')
  return { files, log }
}

/** What works directly, for the count at the end. */
let works = 0

const check = async (t: Test, { what, odd, hasSecond, files, credentials }: Row): Promise<void> => {
  const serve = async (): Promise<readonly string[]> => {
    const { url } = await serveIndex(t, files?.(sample) ?? good, odd())
    const own = credentials === undefined ? url : url.replace('//', `//${credentials}@`)
    return hasSecond ? [own, (await serveIndex(t, good)).url] : [own]
  }
  for (const installer of ['pip', 'uv'] as const) {
    const direct = await install(installer, await serve())
    const relay = await openTestRelay(
      t,
      (await serve()).map((url) => at(url)),
    )
    const through = await install(installer, hasSecond ? [relay.index(0), relay.index(1)] : [relay.index()])
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
    await Promise.all([work(), work(), work(), work()])
    if (!process.env['ROWS'])
      t.ok(
        rows.length >= 60 && works > 1.5 * rows.length,
        `${rows.length} rows, of which ${works} installations work directly`,
      )
  },
)
