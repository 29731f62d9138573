import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer, type ServerOptions } from 'node:https'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { chunksOf, readBody } from '../../../element-src/lib/http/body.js'
import { type HttpClient, newClient } from '../../../element-src/lib/http/client.js'
import type { ClientOptions } from '../../../element-src/lib/http/way.js'
import { makeCertificate } from '../../support/servers/certificate.js'
import { listen } from '../../support/servers/listen.js'
import { freePort } from '../../support/servers/start-server.js'

const client = (options: Partial<ClientOptions> = {}): HttpClient =>
  newClient({ environment: {}, trustedHosts: [], asker: 'host', ...options })

const signal = AbortSignal.timeout(600_000)

const get = async (url: string, from = client(), headers: Readonly<Record<string, string>> = {}) => {
  const answer = await from.request(new URL(url), { headers, signal })
  return { ...answer, text: (await readBody(answer.body, 1_000_000)).toString() }
}

/** Serves; says the URL, and what was asked. */
const serve = async (t: Test, listener: RequestListener): Promise<{ url: string; seen: IncomingMessage[] }> => {
  const seen: IncomingMessage[] = []
  const server = createServer((asked, response) => {
    seen.push(asked)
    listener(asked, response)
  })
  return { url: `http://127.0.0.1:${(await listen(t, server)).port}`, seen }
}

/** A server that answers each request with the same bytes, and keeps the connection; counts its connections. */
const raw = async (t: Test, bytes: string): Promise<{ url: string; connections: () => number }> => {
  let connections = 0
  const server = createTcpServer((socket) => {
    connections += 1
    socket.on('data', () => socket.write(bytes, 'latin1'))
  })
  return { url: `http://127.0.0.1:${(await listen(t, server)).port}/`, connections: () => connections }
}

const page = 'content'
const head = `HTTP/1.1 200 OK\r\nContent-Length: ${page.length}\r\n`
const oddHeads: Readonly<Record<string, string>> = {
  'twenty kilobytes of headers': `${head}${`X-Long: ${'x'.repeat(1000)}\r\n`.repeat(20)}\r\n${page}`,
  'lines that end in LF alone': `${head}\r\n`.replaceAll('\r', '') + page,
  'both lengths': `${head}Transfer-Encoding: chunked\r\n\r\n${page.length.toString(16)}\r\n${page}\r\n0\r\n\r\n`,
  'a control character': `${head}X-Odd: a\x01b\r\n\r\n${page}`,
}

t.test(
  'a head that pip takes is taken; a connection that only the lenient parser takes is not used again',
  async (t) => {
    for (const [name, bytes] of Object.entries(oddHeads)) {
      const { url, connections } = await raw(t, bytes)
      const one = client()
      for (const _i of [1, 2, 3]) t.match(await get(url, one), { status: 200, text: page }, name)
      const isStrict = name.startsWith('twenty')
      if (isStrict) t.equal(connections(), 1, `${name}: one connection for all`)
      else if (name !== 'lines that end in LF alone') t.equal(connections(), 4, `${name}: one for each, and one more`)
    }
  },
)

t.test('an answer that is not HTTP is an error of its own kind', async (t) => {
  const answers = [
    '220 mail.example ESMTP\r\n',
    'HTTP/1.1 OK\r\n\r\n',
    `${head}X Odd: 1\r\n\r\n${page}`,
    `${head}Content-Length: 3\r\n\r\n${page}`,
  ]
  for (const answer of answers)
    await t.rejects(get((await raw(t, answer)).url), {
      name: 'HttpError',
      kind: 'odd',
      message: /^sends what is not HTTP/,
    })
  const { url } = await raw(t, `HTTP/1.1 200 OK\r\n${`X-Long: ${'x'.repeat(10_000)}\r\n`.repeat(200)}\r\n`)
  await t.rejects(get(url), { kind: 'odd', message: 'sends more than 1 MB of headers' })
  const upgrading = await raw(t, 'HTTP/1.1 101 Yes\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n')
  await t.rejects(get(upgrading.url), { name: 'HttpError', kind: 'odd' })
})

t.test('an answer of any status is an answer, not an error', async (t) => {
  const { url } = await serve(t, ({ url = '' }, response) => response.writeHead(Number(url.slice(1)), 'Why').end('x'))
  for (const status of [200, 206, 304, 400, 401, 403, 404, 407, 429, 500, 503])
    t.match(await get(`${url}/${status}`), { status, body: { statusMessage: 'Why' } })
})

t.test('where nothing answers, the error says why in words', async (t) => {
  await t.rejects(get(`http://127.0.0.1:${await freePort()}/`), {
    kind: 'connection',
    code: 'ECONNREFUSED',
    message: 'refuses the connection',
  })
  const { port } = await listen(
    t,
    createTcpServer((socket) => socket.once('data', () => socket.destroy())),
  )
  await t.rejects(get(`http://127.0.0.1:${port}/`), {
    kind: 'connection',
    message: 'closes the connection without an answer',
  })
  await t.rejects(get('http://nowhere.invalid/'), { kind: 'connection', message: /^has a host name / })
  await t.rejects(get((await raw(t, '220 mail.example ESMTP\r\n')).url.replace('http', 'https')), {
    kind: 'connection',
    message: 'does not speak TLS',
  })
})

t.test('a connection that the server has closed since is replaced at once', async (t) => {
  const sockets: Socket[] = []
  let requests = 0
  const server = createTcpServer((socket) => {
    sockets.push(socket)
    let own = 0
    socket.on('data', () => {
      requests += 1
      own += 1
      // The second request on a connection finds it closed.
      if (own === 1) socket.write(`${head}\r\n${page}`)
      else socket.destroy()
    })
  })
  const url = `http://127.0.0.1:${(await listen(t, server)).port}/`
  const one = client()
  for (const _i of [1, 2, 3]) t.equal((await get(url, one)).text, page)
  t.equal(sockets.length, 3)
  t.equal(requests, 5)
})

t.test('the signal ends the request and the connection, before the head and in the body', async (t) => {
  for (const sendsHead of [false, true]) {
    const over = new AbortController()
    let onAsked = (_asked: IncomingMessage): void => undefined
    const arrived = new Promise<IncomingMessage>((resolve) => {
      onAsked = resolve
    })
    const { url } = await serve(t, (asked, response) => {
      if (sendsHead) response.writeHead(200, { 'Content-Length': 9 }).write('x')
      onAsked(asked)
    })
    const asking = client().request(new URL(url), { headers: {}, signal: over.signal })
    const { socket } = await arrived
    const closed = new Promise((resolve) => socket.on('error', () => undefined).on('close', resolve))
    if (sendsHead) {
      const reading = readBody((await asking).body, 9)
      over.abort()
      await t.rejects(reading, { name: 'HttpError', kind: 'connection' })
    } else {
      over.abort()
      await t.rejects(asking, { name: 'HttpError', kind: 'aborted' })
    }
    await closed
  }
})

t.test(
  'as many redirects are followed as requests follows, with cookies for their own host and this chain alone',
  async (t) => {
    const other = await serve(t, (_asked, response) => response.end('other'))
    const { url, seen } = await serve(t, ({ url = '' }, response) => {
      const left = Number(url.slice(1))
      if (url === '/away') response.writeHead(302, { Location: other.url.replace('127.0.0.1', 'localhost') }).end()
      else if (url === '/set')
        response.writeHead(303, { Location: '/checked', 'Set-Cookie': ['a=1; Path=/', 'b=2'] }).end()
      else if (url === '/set-away')
        response.writeHead(307, { Location: other.url.replace('127.0.0.1', 'localhost'), 'Set-Cookie': 'a=1' }).end()
      else if (url === '/%C3%A4') response.end('found')
      else if (url === '/utf-8') response.writeHead(301, { Location: Buffer.from('/ä').toString('latin1') }).end()
      else if (url === '/ftp') response.writeHead(301, { Location: 'ftp://127.0.0.1/' }).end()
      else if (left > 0) response.writeHead(308, { Location: `/${left - 1}` }).end('x')
      else response.end('end')
    })
    const one = client()
    t.match(await get(`${url}/30`, one), { status: 200, text: 'end', url: { href: `${url}/0` } })
    await t.rejects(get(`${url}/31`, one), { kind: 'redirect', message: 'redirects more than 30 times' })
    await t.rejects(get(`${url}/ftp`, one), { name: 'HttpError', kind: 'redirect' })
    t.equal((await get(`${url}/utf-8`, one)).text, 'found')
    t.equal((await get(`${url}/away`, one)).text, 'other')
    await get(`${url}/set`, one)
    t.match(seen.at(-1), { url: '/checked', headers: { cookie: 'a=1; b=2' } })
    await get(`${url}/set-away`, one)
    t.equal(other.seen.at(-1)?.headers.cookie, undefined)
    await get(`${url}/0`, one)
    t.equal(seen.at(-1)?.headers.cookie, undefined, 'no jar')
  },
)

t.test('credentials go to their own server, wherever a link or a redirect leads', async (t) => {
  const other = await serve(t, (_asked, response) => response.end())
  const { url, seen } = await serve(t, ({ url: path }, response) => {
    if (path === '/away') response.writeHead(302, { Location: other.url }).end()
    else response.end()
  })
  const one = client({ own: { url: `${url}/simple`, credentials: { username: 'me', password: 'wörd' } } })
  const sent = `Basic ${Buffer.from('me:wörd', 'latin1').toString('base64')}`
  await get(`${url}/files/x`, one)
  t.equal(seen.at(-1)?.headers.authorization, sent)
  await get(`${url}/away`, one)
  t.equal(seen.at(-1)?.headers.authorization, sent)
  await get(`${other.url}/x`, one)
  t.same(
    other.seen.map(({ headers }) => headers.authorization),
    [undefined, undefined],
  )
  await get(`${other.url.replace('//', '//a:b%40@')}/x`, one)
  t.equal(other.seen.at(-1)?.headers.authorization, `Basic ${Buffer.from('a:b@').toString('base64')}`, 'of its own URL')
})

t.test('a 407 of the proxy of the user is never passed on', async (t) => {
  const { url } = await serve(t, (_asked, response) => response.writeHead(407).end())
  const silent = createServer().on('connect', (_asked, socket) => socket.end('HTTP/1.1 407 No\r\n\r\n'))
  const tunnel = `http://127.0.0.1:${(await listen(t, silent)).port}`
  for (const [to, proxy] of [
    ['http://mirror.example/', url],
    ['https://mirror.example/', tunnel],
  ] as const) {
    const variable = `${new URL(to).protocol.slice(0, -1)}_proxy`
    await t.rejects(get(to, client({ environment: { [variable]: proxy } })), {
      kind: 'proxy',
      message: `is behind the proxy ${proxy}, which wants credentials, and its URL has none (407)`,
    })
    await t.rejects(get(to, client({ environment: { [variable]: proxy.replace('//', '//me:secret@') } })), {
      kind: 'proxy',
      message: `is behind the proxy ${proxy.replace('//', '//me:****@')}, which rejects the credentials in its URL (407)`,
    })
  }
  const both = { PIP_PROXY: url, http_proxy: `http://127.0.0.1:${await freePort()}` }
  await t.rejects(get('http://mirror.example/', client({ environment: both })), { code: '407' }, 'PIP_PROXY wins')
  await t.rejects(get('http://mirror.example/', client({ environment: { all_proxy: 'socks5://127.0.0.1:1' } })), {
    kind: 'proxy',
    code: 'PROXY_KIND',
  })
})

t.test('a body is decoded as pip decodes it, and never taken for whole when it is not', async (t) => {
  const { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } = await import('node:zlib')
  const cases: Readonly<Record<string, readonly [Record<string, string>, Buffer, string]>> = {
    plain: [{}, Buffer.from(page), page],
    gzip: [{ 'Content-Encoding': 'gzip' }, gzipSync(page), page],
    'x-gzip in capitals': [{ 'Content-Encoding': 'X-GZIP' }, gzipSync(page), page],
    deflate: [{ 'Content-Encoding': 'Deflate' }, deflateSync(page), page],
    'deflate without its header': [{ 'Content-Encoding': 'deflate' }, deflateRawSync(page), page],
    'two codings': [{ 'Content-Encoding': 'deflate, gzip' }, gzipSync(deflateSync(page)), page],
    identity: [{ 'Content-Encoding': 'identity' }, Buffer.from(page), page],
    nothing: [{ 'Content-Encoding': 'gzip' }, Buffer.alloc(0), ''],
    'what nobody asked for': [
      { 'Content-Encoding': 'br' },
      brotliCompressSync(page),
      brotliCompressSync(page).toString(),
    ],
  }
  const { url } = await serve(t, ({ url = '' }, response) => {
    const [headers, bytes] = cases[decodeURIComponent(url.slice(1))] ?? [{}, Buffer.alloc(0)]
    if (url === '/cut') response.writeHead(200, { 'Content-Length': 9 }).write('x', () => response.destroy())
    else if (url === '/cut-gzip')
      response.writeHead(200, { 'Content-Encoding': 'gzip' }).write(gzipSync(page), () => response.destroy())
    else if (url === '/broken') response.writeHead(200, { 'Content-Encoding': 'gzip' }).end('x')
    else if (url === '/large') response.end('x'.repeat(2_000_000))
    else response.writeHead(200, headers).end(bytes)
  })
  for (const [name, [, , text]] of Object.entries(cases))
    t.equal((await get(`${url}/${encodeURIComponent(name)}`)).text, text, name)
  for (const path of ['cut', 'cut-gzip'])
    await t.rejects(get(`${url}/${path}`), { kind: 'connection', message: 'breaks the connection off' }, path)
  await t.rejects(get(`${url}/broken`), { kind: 'odd', message: 'sends a page whose gzip is broken' })
  await t.rejects(get(`${url}/large`), { kind: 'odd', message: /more than/ })
  const { body } = await client().request(new URL(`${url}/large`), { headers: {}, signal })
  for await (const _chunk of chunksOf(body)) break
  t.ok(body.destroyed, 'who stops reading ends the connection')
})

const listenTls = async (
  t: Test,
  options: ServerOptions,
  listener: RequestListener = (_asked, response) => response.end(page),
): Promise<string> => {
  const server = createTlsServer(options, listener)
  return `https://127.0.0.1:${(await listen(t, server)).port}/`
}

t.test("a server's certificate is verified, a client's is shown to its own server, and a fault is named", async (t) => {
  const folder = t.testdir({})
  const tls = makeCertificate(join(folder, 'tls'))
  const read = (path: string): string => readFileSync(path, 'utf8')
  const [ca, cert, key] = [read(tls.authority), read(tls.certificate), read(tls.key)]
  const both = join(folder, 'both.pem')
  writeFileSync(both, cert + key)
  const plain = await serve(t, (_asked, response) => response.end())
  const leaving = await listenTls(t, { key, cert }, (_asked, response) =>
    response.writeHead(302, { Location: plain.url, 'Set-Cookie': 'a=1' }).end(),
  )
  await get(leaving, client({ own: { url: leaving, trusted: true } }))
  t.equal(plain.seen[0]?.headers.cookie, undefined, 'a cookie that came over TLS goes over TLS alone')
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    const versions = { minVersion: version, maxVersion: version }
    const url = await listenTls(t, { key, cert, ...versions })
    const wanting = await listenTls(t, { key, cert, ca, requestCert: true, rejectUnauthorized: true, ...versions })
    await t.rejects(get(url), {
      kind: 'tls',
      message:
        /^has a certificate that the host does not trust \(\w+\): install its CA .*DIB_PYPI_TRUSTED_HOST=127\.0\.0\.1 /,
    })
    t.equal((await get(url, client({ own: { url, ca } }))).text, page, 'the ca of its own')
    t.equal((await get(url, client({ environment: { REQUESTS_CA_BUNDLE: tls.authority } }))).text, page)
    t.equal((await get(url, client({ environment: { PIP_CERT: tls.authority } }))).text, page)
    t.equal((await get(url, client({ trustedHosts: ['127.0.0.1'] }))).text, page)
    t.equal((await get(url, client({ own: { url, trusted: true } }))).text, page)
    const byProxy = { trustedHosts: ['mirror.example'], environment: { https_proxy: url } }
    await t.rejects(get('https://mirror.example/', client(byProxy)), {
      kind: 'proxy',
      message: /which has a certificate that the host does not trust/,
    })
    await t.rejects(
      get(url, client({ own: { url: wanting, trusted: true } })),
      { name: 'HttpError', kind: 'tls' },
      'trusted goes for its own',
    )
    for (const asker of ['image', 'host', 'file'] as const) {
      await t.rejects(
        get(wanting, client({ own: { url: wanting, ca }, asker })),
        {
          kind: 'tls',
          message: /^wants a client certificate: name a PEM file .* (?:PIP_CLIENT_CERT|client-cert)/,
        },
        `${version} ${asker}`,
      )
    }
    const shown = { url: wanting, ca, clientCert: cert, clientKey: key }
    t.equal((await get(wanting, client({ own: shown }))).text, page)
    await t.rejects(
      get(wanting, client({ own: { ...shown, url } })),
      { name: 'HttpError', kind: 'tls' },
      'client-cert is for its own server',
    )
    const general = { environment: { PIP_CLIENT_CERT: both }, own: { url, ca } }
    t.equal((await get(wanting, client(general))).text, page, 'PIP_CLIENT_CERT, as pip, for all')
    await t.rejects(get(wanting, client({ ...general, environment: { PIP_CLIENT_CERT: tls.authority } })), {
      kind: 'tls',
      message: 'cannot be used: PIP_CLIENT_CERT is not a PEM file with a certificate and its key',
    })
  }
})
