import { randomBytes } from 'node:crypto'
import { createServer, type ServerResponse } from 'node:http'
import { createServer as createTcpServer } from 'node:net'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { ask, at, openTestRelay, type TestRelay } from '../../support/relay/test-relay.js'
import { serveIndex } from '../../support/relay/upstream.js'
import { listen } from '../../support/servers/listen.js'

const namesOn = async (relay: TestRelay, project: string): Promise<readonly string[]> => {
  const { body } = await relay.page(project)
  return (JSON.parse(body.toString()) as { files: { filename: string }[] }).files.map(({ filename }) => filename)
}

const servePage = async (t: Test, page: (relay: () => string) => string, type = 'text/html') => {
  let base = ''
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': type }).end(page(() => base))
  })
  const { port } = await listen(t, server)
  const relay = await openTestRelay(t, [at(`http://127.0.0.1:${port}/simple`)])
  base = relay.base
  return relay
}

const good = 'demo_app-1.0-py3-none-any.whl'

t.test('links that no index should have are left out', async (t) => {
  const relay = await servePage(
    t,
    (base) => `<a href="${good}">good</a>
      <a href="file:///etc/demo_app-2.0-py3-none-any.whl">a file of the host</a>
      <a href="${base()}/-/status/demo_app-3.0-py3-none-any.whl">the relay itself</a>
      <a href="${base().replace('127.0.0.1', 'localhost')}/demo_app-4.0-py3-none-any.whl">the relay itself</a>
      <a href="ftp://127.0.0.1/demo_app-5.0-py3-none-any.whl">another protocol</a>
      <a href="x/%2e%2e">up</a>
      <a href="demo_app-7.0%00-py3-none-any.whl">a control character</a>
      <a href="demo_app-8.0%5c-py3-none-any.whl">a backslash</a>
      <a href="demo_app-${'9'.repeat(300)}-py3-none-any.whl">too long</a>
      <a href="http://[/demo_app-9.0-py3-none-any.whl">no URL</a>
      <a href="javascript:alert(1)">a program</a>`,
  )
  t.same(await namesOn(relay, 'demo-app'), [good])
})

t.test('links of JSON that no index should have are left out, also where a name differs from its URL', async (t) => {
  const entry = (filename: string, url = filename) => ({ filename, url, hashes: {} })
  const relay = await servePage(
    t,
    () =>
      JSON.stringify({
        files: [
          entry(good),
          entry('../demo_app-2.0-py3-none-any.whl'),
          entry('demo_app-3.0-py3-none-any.whl', 'file:///etc/demo_app-3.0-py3-none-any.whl'),
          entry('.demo_app-4.0-py3-none-any.whl'),
        ],
      }),
    'application/vnd.pypi.simple.v1+json',
  )
  t.same(await namesOn(relay, 'demo-app'), [good])
})

t.test('what a page tells is text in the page that is served', async (t) => {
  const bad = '"><a href="http://evil.example/demo_app-9-py3-none-any.whl">'
  const file = {
    filename: good,
    url: good,
    hashes: { sha256: bad },
    'requires-python': bad,
    yanked: bad,
    'core-metadata': { sha256: bad },
  }
  const relay = await servePage(t, () => JSON.stringify({ files: [file] }), 'application/json')
  const { body } = await relay.page('demo-app', 0, 'text/html')
  t.equal(body.toString().match(/<a /g)?.length, 1)
})

t.test('pages that are not pages are refused, and the relay goes on', async (t) => {
  const cases: readonly (readonly [string, RegExp, (response: ServerResponse) => unknown])[] = [
    [
      'bad JSON',
      /not what PEP 691 says/,
      (response) => response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"files": 7}'),
    ],
    [
      'broken gzip',
      /whose gzip is broken/,
      (response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(randomBytes(5000)).subarray(0, 3000)),
    ],
    [
      'a bomb',
      /more than 64 MB/,
      (response) =>
        response.writeHead(200, { 'Content-Encoding': 'gzip' }).end(gzipSync(Buffer.alloc(70 * 1024 * 1024))),
    ],
    [
      'redirects in a circle',
      /redirects more than 30 times/,
      (response) => response.writeHead(302, { Location: '?again' }).end(),
    ],
    [
      'a redirect to a file',
      /neither http nor https/,
      (response) => response.writeHead(302, { Location: 'file:///etc/passwd' }).end(),
    ],
    [
      '10 MB of headers',
      /more than 1 MB of headers/,
      (response) => {
        response.socket?.write('HTTP/1.1 200 OK\r\n')
        for (let i = 0; i < 1000; i += 1) response.socket?.write(`X-${i}: ${'y'.repeat(10_000)}\r\n`)
      },
    ],
  ]
  for (const [name, reason, how] of cases) {
    const upstream = await serveIndex(t, {}, (_request, response) => {
      how(response)
      return true
    })
    const relay = await openTestRelay(t, [at(upstream.url)])
    const status = await relay.page('demo-app').then(
      (reply) => reply.status,
      () => 'closed',
    )
    t.equal(status, /headers/.test(name) ? 'closed' : 424, name)
    t.match(relay.log(), reason, name)
    t.equal((await ask(relay.control)).status, 200, name)
  }
})

const sendForEver = (response: ServerResponse): true => {
  const more = Buffer.alloc(1024 * 1024, ' ')
  const send = (): void => {
    while (!response.destroyed && response.write(more));
    if (!response.destroyed) response.once('drain', send)
  }
  response.writeHead(200, { 'Content-Type': 'text/html' })
  send()
  return true
}

t.test('a page without an end is given up', async (t) => {
  const upstream = await serveIndex(t, {}, (_request, response) => sendForEver(response))
  const relay = await openTestRelay(t, [at(upstream.url)])
  t.equal((await relay.page('demo-app')).status, 424)
  t.match(relay.log(), /more than 64 MB/)
})

t.test('metadata without an end is given up', async (t) => {
  const files = [{ name: good, content: randomBytes(10), more: { 'core-metadata': true } }]
  const upstream = await serveIndex(t, { 'demo-app': files }, ({ url }, response) =>
    url?.endsWith('.metadata') ? sendForEver(response) : undefined,
  )
  const relay = await openTestRelay(t, [at(upstream.url)])
  await t.rejects(ask(`${await relay.link('demo-app', good)}.metadata`), { code: 'ECONNRESET' })
  t.match(relay.log(), /sends metadata of more than 8 MB/)
})

t.test('credentials go to their own server alone', async (t) => {
  const other = await serveIndex(t, { 'demo-app': [{ name: 'demo_app-1.0.tar.gz', content: randomBytes(10) }] })
  const upstream = await serveIndex(t, {}, ({ url, headers }, response) => {
    if (url?.includes('/own')) return undefined
    response
      .writeHead(302, { Location: url?.includes('demo-app') ? `${other.url}/demo-app/` : `http://${headers.host}/own` })
      .end()
    return true
  })
  // The password as it stands in a URL, and as pip sends it: in Latin-1.
  const relay = await openTestRelay(t, [at(upstream.url.replace('//', '//user:p%40ss%C3%A9@'))])
  const link = await relay.link('demo-app', 'demo_app-1.0.tar.gz')
  await ask(link)
  await relay.page('another')
  const expected = `Basic ${Buffer.from('user:p@ss\u00e9', 'latin1').toString('base64')}`
  t.same(
    upstream.requests.map(({ headers }) => headers.authorization),
    [expected, expected, expected],
  )
  t.same(
    other.requests.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  )
  const shown = await relay.page('demo-app', 0, 'text/html')
  t.notMatch(shown.body.toString() + relay.log(), /p%40ss|p@ss/)
})

t.test('heads that pip takes are taken', async (t) => {
  const server = createTcpServer((socket) => {
    const page = `<a href="${good}">x</a>`
    socket.once('data', () =>
      socket.end(
        `HTTP/1.1 200 OK\nContent-Type: text/html\nX-Odd: a\u0001b\nX-Long: ${'z'.repeat(100_000)}\n\n${page}`,
      ),
    )
  })
  const { port } = await listen(t, server)
  const relay = await openTestRelay(t, [at(`http://127.0.0.1:${port}/`)])
  t.same(await namesOn(relay, 'demo-app'), [good])
})
