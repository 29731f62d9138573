import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { createServer as createTcpServer } from 'node:net'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { newClient } from '../../../element-src/lib/http/client.js'
import { ask } from '../../../element-src/lib/probe/page.js'
import { makeCertificate } from '../../support/servers/certificate.js'
import { listen } from '../../support/servers/listen.js'
import { probe, servePages } from '../../support/servers/probe.js'
import { freePort } from '../../support/servers/start-server.js'

const index = '<!DOCTYPE html><html><body><a href="demo-app/">demo-app</a></body></html>'
const welcome = '<html><body><h1>It works</h1></body></html>'

t.test('where the root has no page, or one without a link, an index below or beside it is named', async (t) => {
  for (const page of [undefined, welcome]) {
    const what = page === undefined ? 'it answers 404' : 'its page has no links'
    const root = (path: string) => (page === undefined ? {} : { [path]: page })
    const below = await servePages(t, { ...root('/pypi/'), '/pypi/simple/': index })
    t.same(await probe(`${below}/pypi`), {
      state: 'misplaced',
      reason: `${what}, and an index is at ${below}/pypi/simple/: write that`,
    })
    const beside = await servePages(t, { ...root('/simpel/'), '/simple/': index })
    t.same(await probe(`${beside.replace('//', '//user:secret@')}/simpel/`), {
      state: 'misplaced',
      reason: `${what}, and an index is at ${beside}/simple/: write that`,
    })
  }
  const late = await servePages(t, { '/pypi/simple/': `<a href="../">../</a>${' '.repeat(100_000)}${index}` })
  t.match(await probe(`${late}/pypi`), { state: 'misplaced' }, 'its first link need not be a project')
  const bare = await servePages(t, {})
  t.match(await probe(`${bare}/simple`), { state: 'pageless', reason: /^it answers 404/ })
  const empty = await servePages(t, { '/simple/': welcome })
  t.match(await probe(`${empty}/simple`), { state: 'up' }, 'an index that is empty still')
  const json = await servePages(t, {
    '/simple/': '{"meta": {}, "projects": [{"name": "x"}]}',
    '/simple/simple/': index,
  })
  t.match(await probe(`${json}/simple`), { state: 'up' }, 'an index in JSON')
})

/** Serves pages, and redirects of all that `moves` names. */
const serveMoves = async (
  t: Test,
  pages: Record<string, string | number>,
  moves: (path: string) => string | undefined,
) => {
  const server = createServer(({ url = '' }, response) => {
    const to = moves(url)
    const page = pages[url.split('?')[0] ?? ''] ?? 404
    if (to !== undefined) response.writeHead(303, { Location: to }).end()
    else if (typeof page === 'number') response.writeHead(page).end()
    else response.end(page)
  })
  return `http://127.0.0.1:${(await listen(t, server)).port}`
}

t.test('redirects are followed, and the page is judged where it ends', async (t) => {
  const login = '<html><form action="/login"><a href="/forgot">Forgot?</a></form></html>'
  const portal = await serveMoves(t, { '/login': login }, (path) =>
    path.startsWith('/login') ? undefined : `/login?next=${path}&ticket=secret`,
  )
  const { state, reason } = await probe(`${portal}/simple/`)
  t.equal(state, 'misplaced', 'a login page')
  t.match(reason, `it leads to ${portal}/login, which is not an index`)
  t.notMatch(reason, 'secret')
  const bare = await serveMoves(t, { '/simple/': login, '/simple/pip/': login }, () => undefined)
  t.match(await probe(`${bare}/simple/`), { state: 'misplaced' }, 'a login page without a redirect')
  const misspelt = await serveMoves(t, { '/': welcome, '/simple/': index }, (path) =>
    path.startsWith('/simpel') ? '/' : undefined,
  )
  t.same(await probe(`${misspelt}/simpel/`), {
    state: 'misplaced',
    reason: `it redirects to ${misspelt}/, and an index is at ${misspelt}/simple/: write that`,
  })
  const moved = await serveMoves(t, { '/new/simple/': index }, (path) =>
    path.startsWith('/simple') ? `/new${path}` : undefined,
  )
  t.match(await probe(`${moved}/simple`), { state: 'up', reason: `answers 200 at ${moved}/new/simple/` })
})

t.test('an index whose root has an error, while its projects are there, is one', async (t) => {
  const url = await serveMoves(
    t,
    { '/': 502, '/index/': 502, '/index/pip/': '<a href="pip-1.0.tar.gz">x</a>' },
    () => undefined,
  )
  t.match(await probe(`${url}/index/`), {
    state: 'pageless',
    reason: 'it answers 502, and 200 for the project pip, as some registries do',
  })
  t.match(await probe(`${url}/`), {
    state: 'pageless',
    reason: 'it answers 502, and 404 for the project pip, as some registries do',
  })
  const all = await serveMoves(t, { '/simple/': 503, '/simple/pip/': 503 }, () => undefined)
  t.match(await probe(`${all}/simple/`), { state: 'failing', reason: 'it answers 503' })
})

t.test("where a web server lists a mirror's folder, the line says where its index is", async (t) => {
  const listing = '<a href="../">../</a><a href="packages/">packages/</a><a href="simple/">simple/</a>'
  const web = await serveMoves(t, { '/web/': listing, '/web/simple/': index }, () => undefined)
  t.same(await probe(`${web}/web`), {
    state: 'misplaced',
    reason: `its page is that of a folder, and an index is at ${web}/web/simple/: write that`,
  })
  const project = { '/web/': listing, '/web/simple/': '<a href="../../simple-1.0.tar.gz">simple-1.0.tar.gz</a>' }
  t.match(
    await probe(`${await serveMoves(t, project, () => undefined)}/web`),
    { state: 'up' },
    'a project of that name',
  )
})

t.test('a mirror that has projects of its own is asked for no other', async (t) => {
  const asked: string[] = []
  const url = await serveMoves(t, { '/simple/': index }, (path) => {
    asked.push(path)
    return undefined
  })
  t.match(await probe(`${url}/simple/`, { index: { projects: ['corp-*'] } }), { state: 'up' })
  t.same(asked, ['/simple/'])
})

t.test('of a page without an end its beginning is read', async (t) => {
  const server = createServer((_asked, response) => {
    const more = (): unknown => response.destroyed || response.write('x'.repeat(100_000), () => setImmediate(more))
    more()
  })
  const { port } = await listen(t, server)
  const signal = AbortSignal.timeout(600_000)
  const client = newClient({ environment: {}, trustedHosts: [], asker: 'host' })
  const { text } = await ask(new URL(`http://127.0.0.1:${port}/`), { client, signal }, () => false)
  t.ok(text.length < 1_000_000, String(text.length))
})

t.test('where a password is wrong, the line names the section, the key and the file, or the variable', async (t) => {
  for (const status of [401, 403]) {
    const url = await serveMoves(t, { '/simple/': status }, () => undefined)
    const credentials = { username: 'me', password: 'wrong', key: 'password-file' }
    const section = { name: 'corp', source: '/etc/mirrors, [corp]' }
    t.same(await probe(`${url}/simple/`, { index: { credentials, ...section } }), {
      state: 'refuses',
      reason: `it rejects the user name and the password of /etc/mirrors, [corp] (${status}): correct username or password-file there`,
    })
    t.same(await probe(`${url.replace('//', '//me:wrong@')}/simple/`, { index: section }), {
      state: 'refuses',
      reason: `it rejects the credentials in its URL (${status}): correct them in url of /etc/mirrors, [corp]`,
    })
    t.same(await probe(`${url.replace('//', '//me:wrong@')}/simple/`), {
      state: 'refuses',
      reason: `it rejects the credentials in its URL (${status}): correct them in DIB_PYPI_MIRROR_URL`,
    })
    t.same(await probe(`${url}/simple/`), {
      state: 'refuses',
      reason: `it wants credentials, and its URL has none (${status})`,
    })
  }
})

t.test('what is good to know is no reason to wait', async (t) => {
  const slow = await servePages(t, { '/simple/': index, '/simple/pip/': undefined })
  t.match(await probe(`${slow}/simple`, { milliseconds: 6000 }), { state: 'up', reason: 'answers 200', notes: [] })
})

t.test('where files lie on another host that is out of reach, the line names it, and what it needs', async (t) => {
  const tls = makeCertificate(join(t.testdir({}), 'tls'))
  const files = { key: readFileSync(tls.key), cert: readFileSync(tls.certificate) }
  const { port } = await listen(
    t,
    createTlsServer(files, (_asked, response) => response.end()),
  )
  const page = (url: string) => ({
    '/simple/': index,
    '/simple/pip/': `<a href='${url}/pip-1.0.tar.gz#sha256=0'>pip</a>`,
  })
  const mirror = await servePages(t, page(`https://127.0.0.1:${port}`))
  const { state, notes = [] } = await probe(`${mirror}/simple/`)
  t.equal(state, 'up')
  t.equal(notes.length, 1)
  t.match(
    notes[0],
    /^its files lie on 127\.0\.0\.1:\d+, which has a certificate that the image does not trust \(\w+\): name its CA in .* root\.d.*DIB_PYPI_RELAY=always.*DIB_PYPI_TRUSTED_HOST=127\.0\.0\.1 would switch verification off/,
  )
  t.match(await probe(`${mirror}/simple/`, { trustedHosts: ['127.0.0.1'] }), { state: 'up', notes: [] })
  t.match(await probe(`${mirror}/simple/`, { environment: { PIP_CERT: tls.authority } }), { state: 'up', notes: [] })
  const free = await freePort()
  const dead = await servePages(t, page(`http://127.0.0.1:${free}`))
  t.match(await probe(`${dead}/simple/`), {
    state: 'up',
    notes: [`its files lie on 127.0.0.1:${free}, which refuses the connection`],
  })
  const own = await servePages(t, { '/simple/': index, '/simple/pip/': '<a href="../../files/pip-1.0.tar.gz">pip</a>' })
  t.match(await probe(`${own}/simple/`), { state: 'up', notes: [] })
})

t.test('a dead proxy is told as one', async (t) => {
  const free = await freePort()
  const dead = { http_proxy: `http://me:secret@127.0.0.1:${free}`, https_proxy: `http://me:secret@127.0.0.1:${free}` }
  for (const scheme of ['http', 'https']) {
    t.same(await probe(`${scheme}://mirror.example/simple`, { environment: dead }), {
      state: 'down',
      reason: `it is behind the proxy http://me:****@127.0.0.1:${free}, which refuses the connection`,
    })
  }
  const { port } = await listen(t, createTcpServer())
  const silent = { http_proxy: `127.0.0.1:${port}` }
  t.same(await probe('http://mirror.example/simple', { environment: silent, milliseconds: 300 }), {
    state: 'down',
    reason: `no answer through its proxy http://127.0.0.1:${port} in 0.3 s`,
  })
  t.match(
    await probe('http://mirror.example/simple', { environment: { PIP_PROXY: `http://127.0.0.1:${free}` } }),
    { state: 'down', reason: /^it is behind the proxy / },
    "pip's own counts",
  )
})

t.test("a proxy's own answer is not that of the index behind it", async (t) => {
  for (const status of [502, 504]) {
    const proxy = await serveMoves(t, { 'http://mirror.example/simple/': status }, () => undefined)
    t.match(await probe('http://mirror.example/simple/', { environment: { http_proxy: proxy } }), {
      state: 'down',
      reason: `its proxy ${proxy} answers ${status}`,
    })
  }
})

t.test('a proxy of another kind is not asked: the mirror stays', async (t) => {
  t.same(await probe('http://mirror.example/simple', { environment: { ALL_PROXY: 'socks5h://127.0.0.1:1' } }), {
    state: 'up',
    reason: 'is behind a socks5h proxy, which only installers speak: not asked',
  })
})

t.test(
  'a server that wants a client certificate is up with one, and the line names the variable without',
  async (t) => {
    const folder = t.testdir({})
    const tls = makeCertificate(join(folder, 'tls'))
    const client = join(folder, 'client.pem')
    writeFileSync(client, readFileSync(tls.certificate, 'utf8') + readFileSync(tls.key, 'utf8'))
    const stranger = makeCertificate(join(folder, 'stranger'))
    const strange = join(folder, 'strange.pem')
    writeFileSync(strange, readFileSync(stranger.certificate, 'utf8') + readFileSync(stranger.key, 'utf8'))
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const files = { key: readFileSync(tls.key), cert: readFileSync(tls.certificate), ca: readFileSync(tls.authority) }
      const { port } = await listen(
        t,
        createTlsServer(
          { ...files, requestCert: true, rejectUnauthorized: true, minVersion: version, maxVersion: version },
          (_asked, response) => response.end(index),
        ),
      )
      const url = `https://127.0.0.1:${port}/simple/`
      const environment = { PIP_CERT: tls.authority }
      const { state, reason } = await probe(url, { environment })
      t.equal(state, 'refuses', version)
      t.match(reason, /^it wants a client certificate: .* PIP_CLIENT_CERT/, version)
      t.notMatch(reason, /TRUSTED_HOST/, 'no advice to switch verification off')
      t.match(await probe(url, { environment: { ...environment, PIP_CLIENT_CERT: client } }), { state: 'up' }, version)
      t.match(await probe(url, { environment: { ...environment, PIP_CLIENT_CERT: strange } }), {
        state: 'refuses',
        reason: /client certificate of PIP_CLIENT_CERT$/,
      })
      t.match(await probe(url, { environment: { ...environment, PIP_CLIENT_CERT: tls.authority } }), {
        state: 'refuses',
        reason: 'it cannot be used: PIP_CLIENT_CERT is not a PEM file with a certificate and its key',
      })
    }
  },
)

t.test("devpi's bare address is used as its index", async (t) => {
  const devpi = { 'X-Devpi-API-Version': '2' }
  const config = '{"result": {"type": "mirror"}, "type": "indexconfig"}'
  const quick = await servePages(t, { '/root/pypi/?no_projects=': config, '/root/pypi/+simple/': index }, devpi)
  for (const written of [`${quick}/`, quick, `${quick}/root/pypi`]) {
    t.same(
      await probe(written.replace('//', '//u:secret@')),
      {
        state: 'up',
        reason: `is a devpi-server: used as ${quick}/root/pypi/+simple/, which answers 200`,
        usedAs: `${quick}/root/pypi/+simple/`,
      },
      written,
    )
  }
  t.notMatch(await probe(`${quick}/root/pypi/+simple/`), { usedAs: /./ }, 'what is written in full stays')
  t.match(await probe(`${quick}/other/index/`), {
    state: 'misplaced',
    reason: /write http.*\/USER\/INDEX\/\+simple\/$/,
  })
  const fresh = await servePages(t, { '/root/pypi/?no_projects=': config, '/root/pypi/+simple/': undefined }, devpi)
  t.match(await probe(fresh, { milliseconds: 2000 }), {
    state: 'slow',
    reason: new RegExp(`no answer in 2 s: .*\\. Write ${fresh}/root/pypi/\\+simple/ for it$`),
    usedAs: `${fresh}/root/pypi/+simple/`,
  })
})
