import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createTcpServer, type Socket } from 'node:net'
import t from 'tap'
import { chunksOf } from '../../../element-src/lib/http/body.js'
import { newClient } from '../../../element-src/lib/http/client.js'
import { ask, at, openTestRelay } from '../../support/relay/test-relay.js'
import { type Instead, serveIndex } from '../../support/relay/upstream.js'
import { listen } from '../../support/servers/listen.js'
import { freePort } from '../../support/servers/start-server.js'

const file = { name: 'demo_app-1.0.tar.gz', content: randomBytes(1000) }
const projects = { 'demo-app': [file], 'demo-lib': [{ name: 'demo_lib-1.0.tar.gz', content: randomBytes(10) }] }

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

const faults: readonly (readonly [string, (response: ServerResponse) => unknown])[] = [
  ['a reset', (response) => response.socket?.resetAndDestroy?.() ?? response.destroy()],
  ['503', (response) => response.writeHead(503).end()],
  ['429', (response) => response.writeHead(429).end()],
  [
    'a page that is cut off',
    (response) => response.writeHead(200, { 'Content-Length': 99 }).write('{', () => response.destroy()),
  ],
]

for (const [name, how] of faults) {
  t.test(`after ${name} it is asked again, and the log says nothing`, async (t) => {
    const upstream = await serveIndex(t, projects, failing(2, how))
    const relay = await openTestRelay(t, [at(upstream.url)], { retries: 2 })
    t.equal((await relay.page('demo-app')).status, 200)
    t.equal(upstream.asked.length, 3)
    t.equal(relay.log(), '')
  })
}

t.test('after errors a file is asked for again', async (t) => {
  const isFile = ({ url }: IncomingMessage): boolean => url?.startsWith('/f/') === true
  let left = 2
  const upstream = await serveIndex(t, projects, (request, response) => {
    if (!isFile(request) || left === 0) return undefined
    left -= 1
    response.writeHead(502).end()
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)], { retries: 2 })
  t.ok((await ask(await relay.link('demo-app', file.name))).body.equals(file.content))
})

t.test('drop: an index that stays down has nothing from then on, and is not asked again', async (t) => {
  const upstream = await serveIndex(t, projects)
  const other = await serveIndex(t, projects)
  const relay = await openTestRelay(t, [at(upstream.url.replace('//', '//user:pass@')), at(other.url)])
  t.equal((await relay.page('demo-app')).status, 200)
  await upstream.stop()
  t.equal((await relay.page('demo-lib')).status, 404)
  t.equal((await relay.page('demo-app')).status, 404)
  t.equal((await relay.page('demo-lib', 1)).status, 200)
  t.match(
    relay.log(),
    /^pypi: warning: \S+ refuses the connection: left out of the rest of this build \(DIB_PYPI_UNREACHABLE=drop\)\n$/,
  )
  t.notMatch(relay.log(), 'pass')
  const status = JSON.parse((await ask(`${relay.base}/-/status`)).body.toString())
  t.match(status.down, [{ cause: 'refuses the connection' }])
})

t.test('drop: errors for one project do not take the others', async (t) => {
  const upstream = await serveIndex(t, projects, ({ url }, response) => {
    if (!url?.includes('demo-app')) return undefined
    response.writeHead(502).end()
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)])
  t.equal((await relay.page('demo-app')).status, 404)
  t.equal((await relay.page('demo-lib')).status, 200)
  t.match(relay.log(), /answers 502, asked for demo-app: demo-app is not taken from it/)
})

t.test('keep: it is asked each time', async (t) => {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}/simple`
  const relay = await openTestRelay(t, [at(url)], { unreachable: 'keep', retries: 0 })
  t.match(await relay.page('demo-app'), { status: 424, reason: `${url} refuses the connection` })
  const server = createServer((_request, response) => response.end('<a href="demo_app-1.0.tar.gz">x</a>'))
  await listen(t, server, port)
  t.equal((await relay.page('demo-app')).status, 200)
  t.equal(relay.log().split('\n').length, 2, 'one warning')
})

t.test('fail: everything is refused from then on, with the cause', async (t) => {
  const upstream = await serveIndex(t, projects)
  const other = await serveIndex(t, projects)
  const indexes = [at(upstream.url.replace('//', '//user:pass@'), { label: 'the first' }), at(other.url)]
  const relay = await openTestRelay(t, indexes, { unreachable: 'fail', retries: 0 })
  const link = await relay.link('demo-app', file.name, 1)
  await upstream.stop()
  const refused = { status: 424, reason: 'the first refuses the connection' }
  t.match(await relay.page('demo-app'), refused)
  t.match(await relay.page('demo-app', 1), refused)
  t.match(await ask(link), refused)
  t.match(
    relay.log(),
    /^pypi: error: the first refuses the connection, asked for demo-app: DIB_PYPI_UNREACHABLE=fail ends the build\n$/,
  )
})

t.test('credentials that a server rejects are said, and not repeated', async (t) => {
  for (const [status, reason] of [
    [401, 'rejects the credentials in its URL'],
    [403, 'does not allow this'],
  ] as const) {
    const upstream = await serveIndex(t, {}, (_request, response) => {
      response.writeHead(status).end()
      return true
    })
    const relay = await openTestRelay(t, [at(upstream.url.replace('//', '//user:pass@'))], { retries: 3 })
    t.equal((await relay.page('demo-app')).status, 404)
    t.equal(upstream.asked.length, 1)
    t.match(relay.log(), reason)
    t.notMatch(relay.log(), 'pass')
  }
})

t.test('a server that is silent, before its answer or in the middle, counts as gone', async (t) => {
  const sockets: Socket[] = []
  const silent = createTcpServer((socket) => sockets.push(socket))
  const half = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Length': 9 }).write('x')
  })
  const config = { environment: {}, trustedHosts: [], retries: 0 } as unknown as Parameters<typeof newClient>[1]
  const { signal } = new AbortController()
  for (const server of [silent, half]) {
    const url = `http://127.0.0.1:${(await listen(t, server)).port}/`
    const client = newClient({ url, folder: undefined, label: url, isOfficial: false }, config)
    const asked = client(new URL(url), { headers: {}, signal, patience: 100 })
    if (server === silent) await t.rejects(asked, { message: 'does not answer in 0.1 s', isTransient: true })
    else {
      const read = async (): Promise<void> => {
        for await (const _chunk of chunksOf((await asked).body, 100));
      }
      await t.rejects(read(), { message: 'is silent for 0.1 s', isTransient: true })
    }
  }
})
