import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect, createServer as createTcpServer, type Socket, type Server as TcpServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Environment } from '../../../element-src/lib/base/command.js'
import type { ProbeResult } from '../../../element-src/lib/probe/verdict.js'
import { officialIndex } from '../../../element-src/lib/settings/index-list.js'
import { makeCertificate } from '../../support/servers/certificate.js'
import { listen } from '../../support/servers/listen.js'
import { type ProbeOptions, probe as probeWith } from '../../support/servers/probe.js'
import { freePort } from '../../support/servers/start-server.js'

const answering =
  (status: number, seen?: IncomingMessage[]): RequestListener =>
  (asked, response) => {
    seen?.push(asked)
    response.writeHead(status).end(`<a href="demo-app/">x</a>${'x'.repeat(100_000)}`)
  }

/** A server that answers every request with the same bytes. */
const raw = (bytes: string | Buffer): TcpServer =>
  createTcpServer((socket) => socket.once('data', () => socket.end(bytes)))

const probe = (url: string, environment: Environment = {}, options: ProbeOptions = {}): Promise<ProbeResult> =>
  probeWith(url, { environment, ...options })

/** Serves over https with a certificate of a new authority; says the port and the authority's file. */
const listenTls = async (
  t: Test,
  seen?: IncomingMessage[],
  status = 200,
): Promise<{ port: number; authority: string }> => {
  const { authority, certificate, key } = makeCertificate(join(t.testdir({}), 'tls'))
  const files = { key: readFileSync(key), cert: readFileSync(certificate) }
  const { port } = await listen(t, createTlsServer(files, answering(status, seen)))
  return { port, authority }
}

t.test('each status of an answer has its meaning', async (t) => {
  const states = {
    200: 'up',
    404: 'pageless',
    410: 'pageless',
    429: 'up',
    401: 'refuses',
    403: 'refuses',
    500: 'failing',
    503: 'failing',
  }
  for (const [status, state] of Object.entries(states)) {
    const { port } = await listen(t, raw(`HTTP/1.1 ${status} Whatever\r\nContent-Length: 0\r\n\r\n`))
    const verdict = await probe(`http://127.0.0.1:${port}/simple`)
    t.equal(verdict.state, state, status)
    t.match(verdict.reason, status)
  }
})

t.test('the root of the index is asked for with the credentials, and then the page of pip', async (t) => {
  const seen: IncomingMessage[] = []
  const { port } = await listen(t, createServer(answering(200, seen)))
  t.match(await probe(`http://user:p%40ss=w;x@localhost:${port}/simple`), { state: 'up', reason: 'answers 200' })
  const credentials = `Basic ${Buffer.from('user:p@ss=w;x').toString('base64')}`
  t.same(
    seen.map(({ method, url, headers }) => [method, url, headers.host, headers.authorization]),
    ['/simple/', '/simple/pip/'].map((path) => ['GET', path, `localhost:${port}`, credentials]),
  )
})

t.test("of the official index not the page of all projects is asked for, but pip's", async (t) => {
  const seen: IncomingMessage[] = []
  let { port } = await listenTls(t, seen)
  const tunnel = createServer()
  tunnel.on('connect', (_asked, socket) => {
    const there = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'))
    there
      .on('error', () => socket.destroy())
      .pipe(socket.on('error', () => there.destroy()))
      .pipe(there)
  })
  const https_proxy = `http://127.0.0.1:${(await listen(t, tunnel)).port}`
  const { host } = new URL(officialIndex)
  for (const [url, path] of [
    [officialIndex, '/simple/pip/'],
    [`https://${host}/other`, '/other/'],
  ] as const) {
    seen.splice(0)
    t.match(await probe(url, { https_proxy }, { trustedHosts: [host] }), { state: 'up', reason: 'answers 200' })
    t.equal(seen[0]?.url, path)
  }
  port = (await listenTls(t, seen, 503)).port
  const failing = await probe(officialIndex, { https_proxy }, { trustedHosts: [host] })
  t.match(failing, { state: 'failing', reason: 'it answers 503' }, 'it fails as any other')
})

t.test('a refused connection is tried once more', async (t) => {
  const free = await freePort()
  t.match(await probe(`http://127.0.0.1:${free}/`), { state: 'down', reason: 'it refuses the connection' })
  // A server starts as soon as a connection was refused.
  const refused = new Promise<void>((resolve) => {
    const onSocket = (message: unknown): void => {
      unsubscribe('net.client.socket', onSocket)
      ;(message as { socket: Socket }).socket.once('close', () => resolve())
    }
    subscribe('net.client.socket', onSocket)
  })
  const starting = probe(`http://127.0.0.1:${free}/`)
  await refused
  await listen(t, createServer(answering(200)), free)
  t.match(await starting, { state: 'up' }, 'a server that is just starting')
})

t.test('a silent server ends with the time that there is', async (t) => {
  const { port } = await listen(t, createTcpServer())
  for (const scheme of ['http', 'https']) {
    t.match(await probe(`${scheme}://127.0.0.1:${port}/`, {}, { milliseconds: 300 }), {
      state: 'down',
      reason: 'no answer in 0.3 s',
    })
  }
})

t.test('a server that answers, though its index takes long, is slow', async (t) => {
  const seen: string[] = []
  const { port } = await listen(
    t,
    createServer((asked, response) => {
      seen.push(asked.url ?? '')
      if (asked.url === '/') response.writeHead(404).end()
    }),
  )
  t.match(await probe(`http://127.0.0.1:${port}/simple`, {}, { milliseconds: 3000 }), {
    state: 'slow',
    reason: 'its server answers, its index not in 3 s',
  })
  t.same(seen, ['/simple/', '/'])
})

t.test('a server that does not speak HTTP, and a name that nobody has, are no index', async (t) => {
  const { port: talker } = await listen(
    t,
    createTcpServer((socket) => socket.end('220 mail.example ESMTP\r\n')),
  )
  t.match(await probe(`http://127.0.0.1:${talker}/`), { state: 'odd', reason: /^it sends what is not HTTP/ })
  t.match(await probe(`https://127.0.0.1:${talker}/`), { state: 'down', reason: 'it does not speak TLS' })
  const { port: closing } = await listen(
    t,
    createTcpServer((socket) => socket.destroy()),
  )
  t.match(await probe(`http://127.0.0.1:${closing}/`), { state: 'down' })
  t.match(await probe('http://nowhere.invalid/'), { state: 'down' })
})

t.test(
  'a certificate that nothing vouches for is refused, without a credential, until its host is trusted',
  async (t) => {
    const seen: IncomingMessage[] = []
    const { port, authority } = await listenTls(t, seen)
    const url = `https://user:secret@127.0.0.1:${port}/simple/`
    const refused = await probe(url)
    t.equal(refused.state, 'refuses')
    t.match(
      refused.reason,
      /^it has a certificate that the image does not trust \(\w+\): name its CA in .* root\.d.*DIB_PYPI_RELAY=always.*DIB_PYPI_TRUSTED_HOST/,
    )
    t.equal(seen.length, 0, 'no credentials for a server that is not known')
    for (const trusted of ['127.0.0.1', `127.0.0.1:${port}`]) {
      t.match(await probe(url, {}, { trustedHosts: [trusted] }), { state: 'up' }, trusted)
    }
    t.match(await probe(url, {}, { trustedHosts: ['127.0.0.1:1'] }), { state: 'refuses' })
    t.match(await probe(url, { REQUESTS_CA_BUNDLE: authority }), { state: 'up' }, 'vouched for by an authority')
  },
)

t.test('a mirror is asked through the proxy that pip would use', async (t) => {
  const seen: string[] = []
  const proxy: Server = createServer((asked, response) => {
    seen.push(`${asked.method} ${asked.url} ${asked.headers['proxy-authorization']} ${asked.headers.authorization}`)
    if (asked.headers['proxy-authorization'] === undefined) {
      response.writeHead(407).end()
      return
    }
    request(asked.url ?? '', (answer) => {
      response.writeHead(answer.statusCode ?? 0).end()
      answer.resume()
    }).end()
  })
  proxy.on('connect', (asked, socket) => {
    seen.push(`CONNECT ${asked.url} ${asked.headers['proxy-authorization']} ${asked.headers.authorization}`)
    const [host = '', port = ''] = (asked.url ?? '').split(':')
    if (port === '1') {
      socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n')
      return
    }
    const through = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      through.pipe(socket)
      socket.pipe(through)
    })
    through.on('error', () => socket.destroy())
    socket.on('error', () => through.destroy())
  })
  const { port: proxyPort } = await listen(t, proxy)
  const { port: http } = await listen(t, createServer(answering(418)))
  const { port: https, authority } = await listenTls(t)
  const environment = {
    http_proxy: `http://me:p%40ss@127.0.0.1:${proxyPort}`,
    https_proxy: `http://me:p%40ss@127.0.0.1:${proxyPort}`,
    CURL_CA_BUNDLE: authority,
  }
  const credentials = `Basic ${Buffer.from('me:p@ss').toString('base64')}`
  t.match(await probe(`http://u:w@127.0.0.1:${http}/simple`, environment), { state: 'up', reason: 'answers 418' })
  t.match(await probe(`https://u:w@127.0.0.1:${https}/simple`, environment), { state: 'up', reason: 'answers 200' })
  t.match(await probe('https://u:w@127.0.0.1:1/simple', environment), {
    state: 'down',
    reason: `it is behind the proxy http://me:****@127.0.0.1:${proxyPort}, which answers 502`,
  })
  const own = `Basic ${Buffer.from('u:w').toString('base64')}`
  t.same(seen, [
    `GET http://127.0.0.1:${http}/simple/ ${credentials} ${own}`,
    // Once more with the authorities that the image knows.
    `CONNECT 127.0.0.1:${https} ${credentials} undefined`,
    `CONNECT 127.0.0.1:${https} ${credentials} undefined`,
    `CONNECT 127.0.0.1:1 ${credentials} undefined`,
  ])
  const unknown = { http_proxy: `http://127.0.0.1:${proxyPort}` }
  t.match(await probe(`http://127.0.0.1:${http}/`, unknown), {
    state: 'refuses',
    reason: /proxy .*, which wants credentials, and its URL has none \(407\)/,
  })
  t.match(await probe(`http://127.0.0.1:${http}/`, { ...unknown, no_proxy: '127.0.0.0/8' }), { state: 'up' })
})
