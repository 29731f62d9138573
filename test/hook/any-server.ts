import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { many } from '../support/arbitrary/any.js'
import { needsRoot } from '../support/builds/root.js'
import { scratchFolder } from '../support/builds/scratch.js'
import { drawBy, drawnServer } from '../support/relay/drawn-server.js'
import { compare, type Install, type Installed, openInstallers } from '../support/relay/installs.js'
import { makeSample } from '../support/relay/odd-servers.js'
import { at, openTestRelay } from '../support/relay/test-relay.js'
import { type Instead, serveIndex, type UpstreamFile } from '../support/relay/upstream.js'
import { makeWheels } from '../support/servers/mirror.js'

// The fixtures are made for root alone.
needsRoot(t)

const scratch = scratchFolder(t)
const sample = makeSample(join(scratch, 'sample'))
const installers = await openInstallers(t, scratch)
mkdirSync(join(scratch, 'patient'))
const patient = await openInstallers(t, join(scratch, 'patient'), 6)

/** SERVERS=1000 tries more of them. */
const count = Number(process.env['SERVERS'] || 20)
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
    const good = await serveIndex(t, { 'demo-app': [sample.app], 'demo-lib': [sample.lib] })
    const { files: whole } = await installers.pip([good.url])
    let works = 0
    const check = async (seed: number): Promise<void> => {
      const draw = drawBy(seed)
      const hasSecond = draw('second', [true, false, false])
      const said: string[] = []
      const serve = async (): Promise<readonly string[]> => [
        (await serveIndex(t, {}, drawnServer(draw, sample, said))).url,
        ...(hasSecond ? [good.url] : []),
      ]
      const installer = draw('installer', ['pip', 'uv'] as const)
      const folder = join(scratch, `kept-${seed}`)
      mkdirSync(folder, { recursive: true })
      const relay = await openTestRelay(
        t,
        (await serve()).map((url) => at(url)),
        { unreachable: draw('unreachable', ['drop', 'keep'] as const), fill: draw('fill', [undefined, folder]) },
      )
      const inThree: Install = (urls) => inTries(installers[installer], urls)
      if (await compare(t, `${installer}, server ${seed}`, inThree, relay, serve, whole)) works += 1
      if (!t.passing()) t.comment(`server ${seed}: ${said.join('; ')}`)
    }
    const left = [...many(t, fc.nat(), count)]
    const work = async (): Promise<void> => {
      for (let seed = left.shift(); seed !== undefined; seed = left.shift()) await check(seed)
    }
    await Promise.all(Array.from({ length: 8 }, work))
    t.ok(works > count / 4, `${works} of ${count} work`)
  },
)

/** Dies once it has 20 requests: closes all connections, and so many more without an answer; then it lives again. */
const mortal = (deaths: number): Instead => {
  const sockets = new Set<Socket>()
  let count = 0
  return ({ socket }) => {
    sockets.add(socket)
    count += 1
    if (count < 20 || count >= 20 + deaths) return undefined
    for (const one of sockets) one.destroy()
    sockets.clear()
    return true
  }
}

t.test('a mirror that dies while pip or uv installs 31 packages, and comes back: all are installed', async (t) => {
  const folder = join(scratch, 'many')
  const names = Array.from({ length: 30 }, (_, i) => `demo-${i}`)
  makeWheels(folder, [
    { name: 'demo-app', version: '1', text: 'x = 1', requirements: names },
    ...names.map((name) => ({ name, version: '1', text: 'x = 1' })),
  ])
  const projects: Record<string, UpstreamFile[]> = {}
  for (const name of readdirSync(folder)) {
    const project = (name.split('-')[0] ?? '').replaceAll('_', '-')
    projects[project] = [{ name, content: readFileSync(join(folder, name)) }]
  }
  const other = await serveIndex(t, projects)
  // uv has 50 requests on their way at once.
  for (const [installer, deaths] of [
    ['pip', 3],
    ['uv', 30],
  ] as const) {
    const serve = async (): Promise<string> => (await serveIndex(t, projects, mortal(deaths))).url
    const direct = await patient[installer]([await serve()])
    t.equal(direct.files?.split('\n').length, 31, `${installer}, directly`, { log: direct.log })
    for (const unreachable of ['drop', 'keep', 'fail'] as const) {
      const relay = await openTestRelay(t, [at(await serve()), at(other.url)], { unreachable })
      const { files, log } = await patient[installer]([relay.index(0), relay.index(1)])
      t.equal(files, direct.files, `${installer}, ${unreachable}`, { log, relay: relay.log() })
    }
  }
})
