import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener, request } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { connect } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../../support/builds/scratch.js'
import { ask, at, openTestRelay } from '../../support/relay/test-relay.js'
import { makeCertificate } from '../../support/servers/certificate.js'
import { listen } from '../../support/servers/listen.js'

const name = 'demo_app-1.0.tar.gz'

const index: RequestListener = ({ url }, response) => {
  response.setHeader('Content-Type', 'text/html')
  response.end(url?.endsWith(name) ? 'content' : `<a href="${name}">x</a>`)
}

const listenTls = async (t: Test) => {
  const { authority, certificate, key } = makeCertificate(join(scratchFolder(t), 'tls'))
  const ca = readFileSync(authority, 'utf8')
  const server = createTlsServer(
    { key: readFileSync(key), cert: readFileSync(certificate), ca, requestCert: true, rejectUnauthorized: false },
    index,
  )
  const { port } = await listen(t, server)
  return { url: `https://127.0.0.1:${port}/simple`, host: `127.0.0.1:${port}`, authority, ca, certificate, key, server }
}

/** A proxy that wants credentials, and what it was asked. */
const listenProxy = async (t: Test): Promise<{ url: string; seen: string[] }> => {
  const seen: string[] = []
  const isWelcome = ({ headers }: IncomingMessage): boolean =>
    headers['proxy-authorization'] === `Basic ${Buffer.from('me:word').toString('base64')}`
  const server = createServer((asked, response) => {
    seen.push(`${asked.method} ${asked.url}`)
    if (!isWelcome(asked)) return response.writeHead(407).end()
    const { 'proxy-authorization': _own, ...headers } = asked.headers
    return request(asked.url ?? '', { headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    }).end()
  })
  server.on('connect', (asked, socket, head) => {
    seen.push(`CONNECT ${asked.url}`)
    if (!isWelcome(asked)) {
      socket.end('HTTP/1.1 407 No\r\n\r\n')
      return
    }
    const [host, port] = (asked.url ?? '').split(':')
    const to = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Yes\r\n\r\n')
      to.write(head)
      to.pipe(socket).pipe(to)
    })
    to.on('error', () => socket.destroy())
    socket.on('error', () => to.destroy())
  })
  return { url: `http://me:word@127.0.0.1:${(await listen(t, server)).port}`, seen }
}

t.test('an https index is asked if an authority of the host or its own vouches for it, or it is trusted', async (t) => {
  const tls = await listenTls(t)
  const other = await listenTls(t)
  const cases = [
    ['SSL_CERT_FILE', [at(tls.url)], { environment: { SSL_CERT_FILE: tls.authority } }, 200],
    ["the index's ca", [at(tls.url, { ca: tls.ca })], {}, 200],
    ['trusted', [at(tls.url, { trusted: true })], {}, 200],
    ['a trusted host', [at(tls.url)], { trustedHosts: [tls.host] }, 200],
    ['nothing', [at(tls.url)], {}, 'closed'],
    ["another's ca", [at(tls.url, { ca: other.ca })], {}, 'closed'],
  ] as const
  for (const [what, indexes, more, status] of cases) {
    const relay = await openTestRelay(t, indexes, { ...more })
    t.equal(
      await relay.page('demo-app').then(
        (reply) => reply.status,
        () => 'closed',
      ),
      status,
      what,
    )
    if (status === 'closed')
      t.match(relay.log(), /has a certificate that the host does not trust \(\w+\): install its CA on the host/)
    else t.equal((await ask(await relay.link('demo-app', name))).body.toString(), 'content')
  }
})

t.test("a client's certificate is shown to the index's own server", async (t) => {
  const tls = await listenTls(t)
  const seen: boolean[] = []
  tls.server.on('secureConnection', (socket) => seen.push(socket.authorized))
  const client = { clientCert: readFileSync(tls.certificate, 'utf8'), clientKey: readFileSync(tls.key, 'utf8') }
  const relay = await openTestRelay(t, [at(tls.url, { ca: tls.ca, ...client })])
  t.equal((await relay.page('demo-app')).status, 200)
  // Both in one file, as pip has it.
  const both = join(scratchFolder(t), 'both.pem')
  writeFileSync(both, client.clientCert + client.clientKey)
  const general = await openTestRelay(t, [at(tls.url, { ca: tls.ca })], { environment: { PIP_CLIENT_CERT: both } })
  t.equal((await general.page('demo-app')).status, 200)
  t.same(seen, [true, true])
})

t.test('http and https indexes are asked through a proxy', async (t) => {
  const tls = await listenTls(t)
  const plain = `http://127.0.0.1:${(await listen(t, createServer(index))).port}/simple`
  const { url, seen } = await listenProxy(t)
  const environment = { http_proxy: url, HTTPS_PROXY: url }
  const relay = await openTestRelay(t, [at(plain), at(tls.url, { ca: tls.ca })], { environment })
  for (const i of [0, 1]) t.equal((await ask(await relay.link('demo-app', name, i))).body.toString(), 'content')
  // One tunnel carries all.
  t.same(seen, [`GET ${plain}/demo-app/`, `GET ${plain}/demo-app/${name}`, `CONNECT ${tls.host}`])
  const without = await openTestRelay(t, [at(plain)], { environment: { ...environment, no_proxy: '127.0.0.1' } })
  t.equal((await without.page('demo-app')).status, 200)
  t.equal(seen.length, 3)
})

t.test('a proxy that rejects its credentials is named as such', async (t) => {
  const tls = await listenTls(t)
  const { url } = await listenProxy(t)
  const environment = { http_proxy: url.replace('word', 'wrong'), https_proxy: url.replace('word', 'wrong') }
  for (const own of ['http://127.0.0.1:1/simple', tls.url]) {
    const relay = await openTestRelay(t, [at(own, { trusted: true })], { environment })
    await t.rejects(relay.page('demo-app'), { code: 'ECONNRESET' }, 'never the 407 of the proxy')
    t.match(relay.log(), /is behind the proxy http:\S+, which rejects the credentials in its URL \(407\)/)
    t.notMatch(relay.log(), 'wrong')
  }
})
