import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { clockOf } from '../../support/relay/ahead.js'
import { ask, at, inFolder, openTestRelay as openRelay } from '../../support/relay/test-relay.js'
import { type Instead, serveIndex } from '../../support/relay/upstream.js'
import { listen } from '../../support/servers/listen.js'
import { freePort } from '../../support/servers/start-server.js'

const file = { name: 'demo_app-1.0.tar.gz', content: randomBytes(1000) }
const projects = { 'demo-app': [file], 'demo-lib': [{ name: 'demo_lib-1.0.tar.gz', content: randomBytes(10) }] }

/** Whose seconds are tenths. */
const openTestRelay: typeof openRelay = (t, indexes, more) => openRelay(t, indexes, { tempo: 0.1, ...more })

/** What breaks a connection off before its head. */
const closed = { code: 'ECONNRESET' }

/** Fails as often as it is told, then lets the index answer. */
const failing = (times: number, how: (response: ServerResponse) => unknown): Instead => {
  let left = times
  return (_request, response) => {
    if (left === 0) return undefined
    left -= 1
    how(response)
    return true
  }
}

const hangUp = (response: ServerResponse): unknown => response.destroy()

t.test('an answer of any status is passed on, with what belongs to it, and the index stays', async (t) => {
  const said = { 'Retry-After': '2', 'WWW-Authenticate': 'Basic realm="x"', 'Set-Cookie': 'a=b' }
  for (const status of [401, 403, 404, 410, 429, 500, 502, 503, 504]) {
    const upstream = await serveIndex(
      t,
      projects,
      failing(1, (response) => response.writeHead(status, 'As it is', said).end('why')),
    )
    const other = await serveIndex(t, projects)
    const relay = await openTestRelay(t, [at(upstream.url.replace('//', '//user:pass@')), at(other.url)])
    const reply = await relay.page('demo-app')
    t.match(reply, {
      status,
      reason: 'As it is',
      headers: { 'retry-after': '2', 'www-authenticate': 'Basic realm="x"' },
    })
    t.equal(reply.headers['set-cookie'], undefined)
    t.equal((await relay.page('demo-app')).status, 200, 'the next request is asked')
    t.equal(upstream.asked.length, 2, 'the relay itself asks once')
    t.notMatch(relay.log(), /pass@|left out/)
  }
})

t.test('a status for a file, its metadata, a HEAD or a part is passed on, too', async (t) => {
  const isFile = (request: { url?: string }): boolean => request.url?.startsWith('/f/') === true
  const wheel = { ...file, name: 'demo_app-1.0-py3-none-any.whl', more: { 'core-metadata': true } }
  const upstream = await serveIndex(t, { 'demo-app': [wheel] }, (request, response) => {
    if (!isFile(request)) return undefined
    response.writeHead(request.method === 'HEAD' ? 405 : 503, { 'Retry-After': '3' }).end()
    return true
  })
  for (const fill of [undefined, t.testdir({})]) {
    const relay = await openTestRelay(t, [at(upstream.url)], { fill })
    const link = await relay.link('demo-app', wheel.name)
    for (const path of [link, `${link}.metadata`])
      t.match(await ask(path), { status: 503, headers: { 'retry-after': '3' } })
    t.match(await ask(link, { Range: 'bytes=0-5' }), { status: 503, headers: { 'retry-after': '3' } })
    t.match(await ask(link, {}, 'HEAD'), { status: 405 })
  }
})

t.test('with no other index, a connection that fails is closed to the installer as well, each time', async (t) => {
  const upstream = await serveIndex(t, projects, failing(2, hangUp))
  const relay = await openTestRelay(t, [at(upstream.url), inFolder(t.testdir({}))])
  await t.rejects(relay.page('demo-app'), closed)
  t.match(
    relay.log(),
    /^pypi: warning: \S+ closes the connection without an answer, asked for demo-app: the relay passes this on\n$/,
  )
})

t.test('drop: while another index is left the relay itself tries again, and the installer waits', async (t) => {
  const upstream = await serveIndex(t, projects, failing(2, hangUp))
  const other = await serveIndex(t, projects)
  const relay = await openTestRelay(t, [at(upstream.url), at(other.url)])
  t.equal((await relay.page('demo-app')).status, 200)
  t.equal(relay.log(), '', 'and the log says nothing')
})

t.test('drop: an index that is down has nothing, until it answers again', { timeout: 600_000 }, async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/simple`
  const other = await serveIndex(t, projects)
  const indexes = [at(url.replace('//', '//user:pass@')), at(other.url, { exclude: ['demo-lib'] })]
  const relay = await openTestRelay(t, indexes)
  t.same(
    (await Promise.all(['demo-app', 'other', 'third'].map((project) => relay.page(project)))).map(
      ({ status }) => status,
    ),
    [404, 404, 404],
  )
  const down =
    /^pypi: warning: \S+ refuses the connection: left out of this build until it answers again \(\S+=drop\)\n/
  t.match(relay.log(), down)
  t.equal(relay.log().match(/left out of this build/g)?.length, 1, 'it goes down once, and all wait for that')
  t.notMatch(relay.log(), 'pass')
  await t.rejects(relay.page('demo-lib'), closed, 'as directly for a project that no other index has')
  t.equal((await relay.page('demo-app', 1)).status, 200)
  const server = createServer((_request, response) => response.end('<a href="demo_app-1.0.tar.gz">x</a>'))
  await listen(t, server, port)
  while (!relay.log().includes('answers again: the relay asks it')) await pause(50)
  t.equal((await relay.page('demo-app')).status, 200)
})

t.test(
  'an index whose installers left without an answer is tried, and a silent one is down',
  { timeout: 600_000 },
  async (t) => {
    const silent = createServer(() => undefined)
    const { port } = await listen(t, silent)
    const other = await serveIndex(t, projects)
    const relay = await openTestRelay(t, [at(`http://127.0.0.1:${port}/simple`), at(other.url)])
    const gone = new AbortController()
    const hears = once(silent, 'request')
    const asked = fetch(`${relay.index()}/demo-app/`, { signal: gone.signal })
    await hears
    await pause(1_100)
    gone.abort()
    await asked.catch(() => undefined)
    t.equal((await relay.page('demo-app')).status, 404)
    t.match(relay.log(), /does not answer in \d+ s: left out/)
  },
)

t.test('an index is up as long as its pages answer, or its root answers anything', async (t) => {
  const ways = [
    { root: () => undefined, broken: 1 },
    { root: (response: ServerResponse) => response.socket?.end('220 mail.example ESMTP\r\n'), broken: 9 },
  ]
  await Promise.all(
    ways.map(async ({ root, broken }) => {
      const breaks = failing(broken, hangUp)
      const upstream = await serveIndex(t, projects, (request, response) => {
        if (request.url === '/simple') root(response)
        return request.url === '/simple' || (request.url?.includes('demo-app') ? breaks(request, response) : undefined)
      })
      const other = await serveIndex(t, projects)
      const relay = await openTestRelay(t, [at(upstream.url), at(other.url)])
      await relay.page('demo-app').catch(() => undefined)
      // It would be down after a try of 0.75 s and four of 0.25 s.
      await pause(2_500)
      t.equal((await relay.page('demo-lib')).status, 200)
      t.notMatch(relay.log(), 'left out')
    }),
  )
})

t.test('a file host that is dead is not the fault of its index', async (t) => {
  const dead = `http://127.0.0.1:${await freePort()}/${file.name}`
  const upstream = await serveIndex(t, { ...projects, 'demo-app': [{ ...file, more: { url: dead } }] })
  const other = await serveIndex(t, projects)
  const relay = await openTestRelay(t, [at(upstream.url), at(other.url)])
  await t.rejects(ask(await relay.link('demo-app', file.name)), closed)
  t.match(
    relay.log(),
    /^pypi: warning: http:\S+, to which \S+ links, refuses the connection, asked for demo_app-1.0.tar.gz\n$/,
  )
  t.equal((await relay.page('demo-lib')).status, 200)
  t.notOk(upstream.asked.includes('GET /simple'), 'whose root is not tried')
})

t.test('keep: an index that is down is asked each time', async (t) => {
  const port = await freePort()
  const other = await serveIndex(t, projects)
  const relay = await openTestRelay(t, [at(`http://127.0.0.1:${port}/simple`), at(other.url)], { unreachable: 'keep' })
  await t.rejects(relay.page('demo-app'), closed)
  await listen(
    t,
    createServer((_request, response) => response.end('<a href="demo_app-1.0.tar.gz">x</a>')),
    port,
  )
  t.equal((await relay.page('demo-app')).status, 200)
})

t.test(
  'fail: everything is refused once an index is down, and the end of the build is told',
  { timeout: 600_000 },
  async (t) => {
    const upstream = await serveIndex(t, projects)
    const other = await serveIndex(t, projects)
    const relay = await openTestRelay(t, [at(upstream.url), at(other.url)], { unreachable: 'fail' })
    const link = await relay.link('demo-app', file.name, 1)
    await upstream.stop()
    const refused = { status: 424, reason: /refuses the connection/ }
    await relay.page('demo-app').catch(() => undefined)
    t.match(await relay.page('demo-app', 1), refused)
    t.match(await ask(link), refused)
    t.match(relay.log(), /^pypi: error: \S+ refuses the connection: DIB_PYPI_UNREACHABLE=fail ends the build\n$/)
    t.match(JSON.parse((await ask(relay.control)).body.toString()), { failure: /refuses the connection$/ })
  },
)

t.test('fail: a status, or one connection that breaks, is no reason', async (t) => {
  let how = (response: ServerResponse): unknown => response.writeHead(500).end()
  const upstream = await serveIndex(
    t,
    projects,
    failing(2, (response) => how(response)),
  )
  const relay = await openTestRelay(t, [at(upstream.url)], { unreachable: 'fail' })
  t.equal((await relay.page('demo-app')).status, 500)
  how = hangUp
  t.equal((await relay.page('demo-app')).status, 200)
  t.match(JSON.parse((await ask(relay.control)).body.toString()), { failure: undefined })
})

for (const [unreachable, told, later] of [
  ['drop', 404, 200],
  ['keep', 'ECONNRESET', 200],
  ['fail', 424, 424],
] as const)
  t.test(`${unreachable}: a mirror that dies under 50 requests, and comes back`, { timeout: 600_000 }, async (t) => {
    /** Says of each page its status, or how the connection ended. */
    const askFor = (names: readonly string[]): Promise<readonly (number | string)[]> =>
      Promise.all(
        names.map((name) =>
          relay.page(name).then(
            ({ status }) => status,
            ({ code }: { code: string }) => code,
          ),
        ),
      )
    const live = createServer((_request, response) => response.end('<a href="demo_app-1.0.tar.gz">x</a>'))
    const { port, stop } = await listen(t, live)
    const other = await serveIndex(t, projects)
    const indexes = [at(`http://127.0.0.1:${port}/simple`), at(other.url)]
    const relay = await openTestRelay(t, indexes, { unreachable })
    t.same(await askFor(['before']), [200])
    await stop()
    let open = 0
    const dying = createServer(() => {
      open += 1
      if (open === 50) end()
    })
    const { stop: end } = await listen(t, dying, port)
    const names = Array.from({ length: 50 }, (_, i) => `project-${i}`)
    t.same(
      await askFor(names),
      names.map(() => told),
    )
    await listen(t, live, port)
    if (unreachable === 'drop') while (!relay.log().includes('answers again: the relay asks it')) await pause(50)
    t.same(await askFor(['after']), [later])
    if (unreachable === 'fail') {
      // Longer than between two of its tries.
      await pause(500)
      t.notMatch(relay.log(), 'answers again', 'it is not asked any more')
    }
    t.equal(relay.log().match(/left out|ends the build/g)?.length ?? 0, unreachable === 'keep' ? 0 : 1)
  })

t.test(
  'when the installer goes, the request behind it ends; one that hangs is not shared',
  { timeout: 600_000 },
  async (t) => {
    let [open, ended] = [0, 0]
    const upstream = await serveIndex(t, projects, (_request, response) => {
      open += 1
      response.on('close', () => {
        ended += 1
      })
      if (open > 2) return undefined
      return true
    })
    const relay = await openTestRelay(t, [at(upstream.url)], { tempo: 20 })
    const setClock = clockOf(t)
    const gone = [new AbortController(), new AbortController()]
    const asks = gone.map(({ signal }) => fetch(`${relay.index()}/demo-app/`, { signal }).catch(() => undefined))
    while (open === 0) await pause(20)
    await pause(200)
    t.equal(open, 1, 'two who ask at one time share the request')
    // For five seconds of that tempo.
    setClock(101)
    asks.push(fetch(`${relay.index()}/demo-app/`).catch(() => undefined))
    while (open < 2) await pause(20)
    t.equal(ended, 0)
    for (const one of gone) one.abort()
    while (ended === 0) await pause(20)
    t.equal((await relay.page('demo-lib')).status, 200)
  },
)
