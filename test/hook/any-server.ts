import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { many } from '../support/arbitrary/any.js'
import { needsRoot } from '../support/builds/root.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { drawBy, drawnServer } from '../support/relay/drawn-server.js'
import { type Install, type Installed, openInstallers } from '../support/relay/installs.js'
import { makeSample } from '../support/relay/odd-servers.js'
import { at, openTestRelay } from '../support/relay/test-relay.js'
import { serveIndex } from '../support/relay/upstream.js'

// The fixtures are made for root alone.
needsRoot(t)

const scratch = scratchFolder(t)
const sample = makeSample(join(scratch, 'sample'))
const installers = await openInstallers(t, scratch)

/** SERVERS=1000 tries more of them. */
const count = Number(process.env['SERVERS'] || 30)
const tries = 3

const inTries = async (install: Install, urls: readonly string[]): Promise<Installed> => {
  let done: Installed = { files: undefined, log: '' }
  for (let i = 0; i < tries && done.files === undefined; i += 1) {
    const { files, log } = await install(urls)
    done = { files, log: done.log + log }
  }
  return done
}

t.test(
  'whatever a server answers at first: what pip or uv installs directly in three tries, it installs through the relay in three',
  { timeout: 3_600_000 },
  async (t) => {
    let works = 0
    const check = async (seed: number): Promise<void> => {
      const draw = drawBy(seed)
      const hasSecond = draw('second', [true, false, false])
      const serve = async (said: string[]): Promise<readonly string[]> => [
        (await serveIndex(t, {}, drawnServer(draw, sample, said))).url,
        ...(hasSecond ? [(await serveIndex(t, { 'demo-app': [sample.app], 'demo-lib': [sample.lib] })).url] : []),
      ]
      const installer = draw('installer', ['pip', 'uv'] as const)
      const said = { direct: [] as string[], through: [] as string[] }
      const folder = join(scratch, `kept-${seed}`)
      mkdirSync(folder, { recursive: true })
      const relay = await openTestRelay(
        t,
        (await serve(said.through)).map((url) => at(url)),
        { unreachable: draw('unreachable', ['drop', 'keep'] as const), fill: draw('fill', [undefined, folder]) },
      )
      const [direct, through] = await Promise.all([
        inTries(installers[installer], await serve(said.direct)),
        inTries(installers[installer], hasSecond ? [relay.index(0), relay.index(1)] : [relay.index()]),
      ])
      if (direct.files !== undefined) works += 1
      const isSame = direct.files === undefined || through.files === direct.files
      t.ok(isSame, `${installer}, server ${seed}`, { said, relay: relay.log(), log: through.log })
    }
    const left = [...many(t, fc.nat(), count)]
    const work = async (): Promise<void> => {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) await check(seed)
    }
    await Promise.all(Array.from({ length: 8 }, work))
    t.ok(works > count / 2, `${works} of ${count} work directly`)
  },
)
