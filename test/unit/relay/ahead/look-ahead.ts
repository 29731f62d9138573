import { Agent, get, type ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { scratchFolder } from '../../../support/builds/scratch.js'
import {
  agent,
  askMetadata,
  askWheel,
  chainOf,
  clockOf,
  countOf,
  project,
  requiring,
  until,
  wheelOf,
} from '../../../support/relay/ahead.js'
import { ask, at, openTestRelay } from '../../../support/relay/test-relay.js'
import { serveIndex } from '../../../support/relay/upstream.js'

t.test('the pages and metadata that a wheel leads to are there before pip asks, and are fetched once', async (t) => {
  // A page is good for five seconds.
  clockOf(t)(0)
  // pip before 22.3 asks for no metadata.
  for (const askFirst of [askMetadata, askWheel]) {
    const upstream = await serveIndex(
      t,
      { ...project('one'), ...project('two', ['1.0', '2.0', '3.0rc1']), ...project('three'), ...project('extra') },
      requiring({
        one: ['two (<2)', "extra; extra == 'more'", "extra; python_version < '3'"],
        two: ['three', 'one'],
      }),
    )
    const relay = await openTestRelay(t, [at(upstream.url)])
    await askFirst(relay, 'one')
    await until(() => countOf(upstream, `${wheelOf('three')}.metadata`) === 1)
    t.equal(countOf(upstream, `${wheelOf('two')}.metadata`), 1, 'of the newest release that the requirement allows')
    for (const name of ['two', 'three']) t.match(await askMetadata(relay, name), { status: 200 })
    t.equal(countOf(upstream, '/simple/extra/'), 0, 'what only an extra or another Python requires is not fetched')
    t.equal(countOf(upstream, 'two-2.0') + countOf(upstream, 'two-3.0'), 0)
    for (const path of new Set(upstream.asked))
      t.equal(upstream.asked.filter((one) => one === path).length, 1, `${path} once`)
    t.equal(upstream.asked.filter((path) => /(?:two|three).*whl$/.test(path)).length, 0, 'files only to fill a folder')
    t.notOk(upstream.requests.some(({ url, headers }) => url?.includes('three') && headers['user-agent'] !== agent))
    t.equal(relay.log(), '')
  }
})

t.test(
  'what is fetched ahead is asked of the indexes of which an installer would ask it, and of no other',
  async (t) => {
    const all = { ...project('one'), ...project('two'), ...project('own'), ...project('hidden') }
    const instead = requiring({ one: ['own', 'hidden', 'two'] })
    const [own, other] = [await serveIndex(t, all, instead), await serveIndex(t, all, instead)]
    const relay = await openTestRelay(t, [at(own.url, { projects: ['own'] }), at(other.url, { exclude: ['hidden'] })])
    await askMetadata(relay, 'one', 1)
    await until(() => countOf(own, '/simple/own/') === 1 && countOf(other, '/simple/two/') === 1)
    await until(() => countOf(own, `${wheelOf('own')}.metadata`) === 1)
    await until(() => countOf(other, `${wheelOf('two')}.metadata`) === 1)
    t.same(own.asked, ['GET /simple/own/', `GET /f/${wheelOf('own')}.metadata`])
    t.equal(countOf(other, 'own') + countOf(other, 'hidden'), 0)
  },
)

t.test('a page that fails or hangs when it is fetched ahead harms nobody, and is not in the log', async (t) => {
  let isWell = false
  const upstream = await serveIndex(
    t,
    { ...project('one'), ...project('two'), ...project('three') },
    requiring({ one: ['two', 'three'] }, ({ url }, response) => {
      if (isWell || !/simple.(?:two|three)/.test(url ?? '')) return undefined
      if (url?.includes('two')) response.destroy()
      else response.writeHead(503).end()
      return true
    }),
  )
  const relay = await openTestRelay(t, [at(upstream.url)])
  await askMetadata(relay, 'one')
  await until(() => countOf(upstream, '/simple/two/') > 0 && countOf(upstream, '/simple/three/') > 0)
  // Its answers are on their way: the next ones come behind them.
  await askMetadata(relay, 'one')
  isWell = true
  for (const name of ['two', 'three'])
    await until(() => countOf(upstream, `/simple/${name}/`) > 0 && relay.log() === '')
  await pause(50)
  t.match(await relay.page('two'), { status: 200 })
  t.match(await relay.page('three'), { status: 200 })
  t.equal(relay.log(), '')
})

t.test('a page that was fetched ahead is good until it is read, as long as the installer is connected', async (t) => {
  const all = { ...project('one'), ...project('two'), ...project('three') }
  const upstream = await serveIndex(
    t,
    all,
    requiring({ one: ['two', 'three'] }, (_request, response) => {
      response.setHeader('Cache-Control', 'no-cache')
      return undefined
    }),
  )
  const relay = await openTestRelay(t, [at(upstream.url)])
  const installer = new Agent({ keepAlive: true })
  const link = await relay.link('one', wheelOf('one'))
  get(`${link}.metadata`, { agent: installer, headers: { 'User-Agent': agent } }, (response) => response.resume())
  const names = ['two', 'three']
  await until(() => names.every((name) => countOf(upstream, `${wheelOf(name)}.metadata`) === 1))
  clockOf(t)(20)
  for (let i = 1; i <= 2; i += 1) {
    t.match(await relay.page('two'), { status: 200 })
    t.equal(countOf(upstream, '/simple/two/'), i, 'read twice, it is asked for again')
  }
  installer.destroy()
  // Until the relay sees that it has gone.
  await pause(100)
  await relay.page('three')
  t.equal(countOf(upstream, '/simple/three/'), 2)
})

t.test('the metadata of a wheel that has it in itself alone leads on, also if no folder is filled', async (t) => {
  const upstream = await serveIndex(t, chainOf(join(scratchFolder(t), 'wheels'), 'one', 'two'))
  const relay = await openTestRelay(t, [at(upstream.url)])
  await askWheel(relay, 'one')
  await until(() => countOf(upstream, '/simple/two/') === 1)
  t.equal(countOf(upstream, wheelOf('two')), 0)
})

t.test('a connection that breaks when nobody but the relay asked is not taken for an outage', async (t) => {
  const broken: string[] = []
  const upstream = await serveIndex(
    t,
    { ...project('one'), ...project('two') },
    requiring({ one: ['two', 'three'] }, ({ url = '' }, response) => {
      if (url.includes('one')) return undefined
      broken.push(url)
      response.destroy()
      return true
    }),
  )
  const other = await serveIndex(t, project('one'))
  // In 8 ms by this tempo the index would be down, and end the build.
  const indexes = [at(upstream.url), at(other.url)]
  const relay = await openTestRelay(t, indexes, { tempo: 0.001, unreachable: 'fail', fill: scratchFolder(t) })
  await askMetadata(relay, 'one')
  await until(() => broken.length >= 2)
  await pause(200)
  t.match(await relay.page('one', 1), { status: 200 })
  t.equal(relay.log(), '')
})

t.test('50 requests of installers, which uv makes at once, wait for nothing that is fetched ahead', async (t) => {
  const names = (name: string, count: number): readonly string[] => Array.from({ length: count }, (_, i) => name + i)
  const [guessed, led, asked] = [names('guess', 8), names('led', 20), names('asked', 50)]
  const held: ServerResponse[] = []
  const hasCome = { ahead: 0, asked: 0 }
  const upstream = await serveIndex(
    t,
    Object.assign({}, ...['one', ...guessed].map((name) => project(name))),
    requiring({ one: led }, ({ url = '' }, response) => {
      const isAhead = /guess\d.*whl$|simple.led/.test(url)
      if (!isAhead && !url.includes('asked')) return undefined
      hasCome[isAhead ? 'ahead' : 'asked'] += 1
      held.push(response)
      return true
    }),
  )
  // What has no head for two seconds of this tempo would have guesses dropped.
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: scratchFolder(t), tempo: 20 })
  for (const name of [...guessed, 'one']) await askMetadata(relay, name)
  await until(() => hasCome.ahead === 16)
  const replies = Promise.all(asked.map((name) => relay.page(name)))
  await until(() => hasCome.asked === 50)
  t.equal(hasCome.ahead, 16)
  for (const response of held) response.writeHead(404).end()
  t.ok((await replies).every(({ status }) => status === 404))
})

t.test('nothing is fetched ahead if that is off, or if the installer does not say what it installs for', async (t) => {
  const upstream = await serveIndex(t, { ...project('one'), ...project('two') }, requiring({ one: ['two'] }))
  const off = await openTestRelay(t, [at(upstream.url)], { ahead: false })
  await askMetadata(off, 'one')
  const on = await openTestRelay(t, [at(upstream.url)])
  await ask(`${await on.link('one', wheelOf('one'))}.metadata`, { 'User-Agent': 'setuptools/40' })
  await on.page('one')
  t.equal(countOf(upstream, 'two'), 0)
})
