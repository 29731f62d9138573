import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, ServerResponse } from 'node:http'
import { connect } from 'node:net'
import t from 'tap'
import { scratchFolder } from '../../support/builds/scratch.js'
import { ask, at, json, openTestRelay } from '../../support/relay/test-relay.js'
import { serveIndex, sha256 } from '../../support/relay/upstream.js'
import { listen } from '../../support/servers/listen.js'

const wheel = 'demo_app-1.0-py3-none-any.whl'
const content = randomBytes(300_000)
const metadata = 'Metadata-Version: 2.1\nName: demo-app\nVersion: 1.0\n'

t.test('answers have their headers by Node.js 18.0, which forgets them if there is no reason phrase', async (t) => {
  const { writeHead } = ServerResponse.prototype
  t.teardown(() => Object.assign(ServerResponse.prototype, { writeHead }))
  Object.assign(ServerResponse.prototype, {
    writeHead(this: ServerResponse, ...[status, reason, headers]: unknown[]) {
      return Reflect.apply(writeHead, this, typeof reason === 'string' ? [status, reason, headers] : [status, reason])
    },
  })
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] })
  const relay = await openTestRelay(t, [at(upstream.url)])
  t.match((await relay.page('demo-app')).headers, { 'content-type': json, 'content-length': /^\d+$/ })
  const file = await ask(await relay.link('demo-app', wheel))
  t.equal(file.headers['content-length'], String(content.length))
})

t.test('a page in JSON is served in both forms, with all that it tells', async (t) => {
  const upstream = await serveIndex(t, {
    'demo-app': [
      {
        name: wheel,
        content,
        more: {
          'requires-python': '>=3.8,<4',
          yanked: 'a "bad" one',
          'upload-time': '2024-01-02T03:04:05Z',
          size: content.length,
          'core-metadata': { sha256: sha256(metadata) },
        },
      },
    ],
  })
  const relay = await openTestRelay(t, [at(upstream.url)])
  const asJson = await relay.page('Demo_App')
  t.equal(asJson.headers['content-type'], json)
  t.match(JSON.parse(asJson.body.toString()), {
    meta: { 'api-version': '1.0' },
    name: 'demo-app',
    files: [
      {
        filename: wheel,
        hashes: { sha256: sha256(content) },
        'requires-python': '>=3.8,<4',
        yanked: 'a "bad" one',
        'upload-time': '2024-01-02T03:04:05Z',
        size: content.length,
        'core-metadata': { sha256: sha256(metadata) },
      },
    ],
  })
  const asHtml = await relay.page('demo-app', 0, 'text/html')
  t.match(asHtml.headers['content-type'], 'text/html')
  const text = asHtml.body.toString()
  t.match(text, `${wheel}#sha256=${sha256(content)}"`)
  t.match(text, 'data-requires-python="&#62;=3.8,&#60;4"')
  t.match(text, 'data-yanked="a &#34;bad&#34; one"')
  t.match(text, `data-core-metadata="sha256=${sha256(metadata)}" data-dist-info-metadata="sha256=${sha256(metadata)}"`)
  t.notMatch(text, String(upstream.port), 'no address of the upstream is in it')
})

t.test('a page in HTML is served in JSON', async (t) => {
  const page = `<html><head><base href="/pool/"></head><body>
    <A HREF="demo_app-1.0-py3-none-any.whl#sha256=${'a'.repeat(64)}" data-requires-python="&gt;=3.6" data-yanked="">x</A>
    <a href='demo-app-0.9.tar.gz#md5=${'b'.repeat(32)}' data-dist-info-metadata=true>y</a><a href="../">up</a>
    <a href="demo-app-0.9.tar.gz.asc">no distribution</a>`
  const server = createServer((_request, response) => response.setHeader('Content-Type', 'text/html').end(page))
  const { port } = await listen(t, server)
  const relay = await openTestRelay(t, [at(`http://127.0.0.1:${port}/simple/`)])
  const { files } = JSON.parse((await relay.page('demo-app')).body.toString())
  t.match(files, [
    { filename: wheel, hashes: { sha256: 'a'.repeat(64) }, 'requires-python': '>=3.6', yanked: true },
    { filename: 'demo-app-0.9.tar.gz', hashes: { md5: 'b'.repeat(32) }, 'core-metadata': true },
  ])
  t.equal(files.length, 2)
})

t.test('files, their metadata, HEAD and parts are served as the index has them', async (t) => {
  const upstream = await serveIndex(
    t,
    { 'demo-app': [{ name: wheel, content, more: { 'core-metadata': { sha256: sha256(metadata) } } }] },
    ({ url }, response) => {
      if (!url?.endsWith('.metadata')) return undefined
      response.end(metadata)
      return true
    },
  )
  const relay = await openTestRelay(t, [at(upstream.url)])
  const link = await relay.link('demo-app', wheel)
  const whole = await ask(link)
  t.ok(whole.body.equals(content))
  t.match(whole.headers, { 'content-length': String(content.length), etag: `"${sha256(content).slice(0, 16)}"` })
  t.equal(whole.headers['accept-ranges'], undefined, 'as the upstream has it')
  t.equal((await ask(`${link}.metadata`)).body.toString(), metadata)
  const head = await ask(link, {}, 'HEAD')
  t.match(head, { status: 200, headers: { 'content-length': String(content.length) } })
  const part = await ask(link, { Range: 'bytes=10-19' })
  t.match(part, { status: 206, headers: { 'content-range': `bytes 10-19/${content.length}` } })
  t.ok(part.body.equals(content.subarray(10, 20)))
  const end = await ask(link, { Range: 'bytes=-5' })
  t.ok(end.status === 206 && end.body.equals(content.subarray(-5)))
  const rest = await ask(link, { Range: 'bytes=299000-', 'If-Range': whole.headers.etag ?? '' })
  t.ok(rest.status === 206 && rest.body.equals(content.subarray(299_000)))
  t.equal((await ask(link, { Range: 'bytes=5-', 'If-Range': '"other"' })).status, 200)
})

t.test('metadata that is not what the index tells, and a page without a link, are asked for again', async (t) => {
  for (const told of [true, { sha256: sha256(metadata) }]) {
    const seen = new Set<string>()
    const projects = { 'demo-app': [{ name: wheel, content, more: { 'core-metadata': told } }] }
    const upstream = await serveIndex(t, projects, ({ url = '' }, response) => {
      const isFirst = !seen.has(url)
      seen.add(url)
      if (!isFirst && !url.endsWith('.metadata')) return undefined
      response.writeHead(200, { 'Content-Type': 'text/html' }).end(isFirst ? '<title>Log in</title>' : metadata)
      return true
    })
    const relay = await openTestRelay(t, [at(upstream.url)])
    t.notMatch((await relay.page('demo-app')).body.toString(), wheel)
    const link = `${await relay.link('demo-app', wheel)}.metadata`
    t.match((await ask(link)).body.toString(), 'Log in', 'it is passed on')
    t.equal((await ask(link)).body.toString(), metadata)
  }
})

t.test('a page that its server does not let be kept is asked for each time', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] }, (_request, response) => {
    response.setHeader('Cache-Control', 'no-cache, max-age=600')
    return undefined
  })
  const relay = await openTestRelay(t, [at(upstream.url)])
  for (const _i of [1, 2]) t.equal((await relay.page('demo-app')).status, 200)
  t.equal(upstream.asked.length, 2)
})

t.test('the relay listens on 127.0.0.1 alone', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] })
  const relay = await openTestRelay(t, [at(upstream.url)])
  // Linux has all of 127.0.0.0/8: what listens everywhere, listens there.
  const other = connect({ host: '127.0.0.2', port: Number(new URL(relay.base).port) })
  const error: unknown = await once(other, 'connect').catch((thrown) => thrown)
  other.destroy()
  t.match(error, { code: 'ECONNREFUSED' })
})

t.test('nothing answers but below the random path, and there only what pages have listed', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] })
  const relay = await openTestRelay(t, [at(upstream.url)])
  const link = await relay.link('demo-app', wheel)
  const { origin } = new URL(relay.base)
  const before = upstream.asked.length
  for (const url of [
    `${origin}/`,
    `${origin}/1-127.0.0.1/simple/demo-app/`,
    `${origin}/${'x'.repeat(24)}/1-127.0.0.1/simple/demo-app/`,
    `${relay.base}/2-127.0.0.1/simple/demo-app/`,
    `${relay.index()}/%2e%2e%2fsecret/`,
    `${relay.index()}/demo-app/more/`,
    link.replace(wheel, 'other-1.0-py3-none-any.whl'),
    `${link}.metadata`,
    `${relay.base}/-/end`,
    `${relay.base}/`,
  ]) {
    t.equal((await ask(url)).status, 404, url)
  }
  t.equal(upstream.asked.length, before, 'the upstream is not asked')
  t.equal((await ask(link.replace(/files\/[^/]+/, 'files/other'))).status, 404, "no file of another project's page")
  t.match(await ask(relay.index()), { status: 301, headers: { location: /\/simple\/$/ } })
  t.equal((await ask(`${relay.index()}/`, {}, 'POST')).status, 404)
})

t.test('only the second secret tells what was kept, and ends the relay', async (t) => {
  const upstream = await serveIndex(t, {})
  const relay = await openTestRelay(t, [at(upstream.url)])
  for (const method of ['GET', 'POST']) t.equal((await ask(`${relay.base}/`, {}, method)).status, 404)
  const status = { arrivals: [] }
  t.same(JSON.parse((await ask(relay.control)).body.toString()), status)
  t.same(JSON.parse((await ask(relay.control, {}, 'POST')).body.toString()), status)
  await t.rejects(ask(relay.control), { code: 'ECONNREFUSED' })
})

t.test('projects that an index names come from it alone, also while it is down', async (t) => {
  const file = (name: string) => [{ name: `${name.replace('-', '_')}-1.0.tar.gz`, content }]
  const own = await serveIndex(t, { 'corp-app': file('corp-app'), flask: file('flask') })
  const repository = { name: 'flask', content, more: { url: 'git+https://h.example/flask.git#egg=flask' } }
  const flask = [...file('flask'), repository]
  const other = await serveIndex(t, { 'corp-app': file('corp-app'), flask, evil: file('evil') })
  const indexes = [at(own.url, { projects: ['corp-*'] }), at(other.url, { exclude: ['evil'] })]
  const relay = await openTestRelay(t, indexes)
  const statuses = async (project: string) => [
    (await relay.page(project)).status,
    (await relay.page(project, 1)).status,
  ]
  t.same(await statuses('Corp.App'), [200, 404])
  t.same(await statuses('flask'), [404, 200])
  t.notMatch((await relay.page('flask', 1)).body.toString(), 'git+', 'nor does a link to a repository go past that')
  t.same(await statuses('evil'), [404, 404])
  await own.stop()
  // Another one, since a page is remembered for some seconds.
  await t.rejects(relay.page('corp-lib'), { code: 'ECONNRESET' })
  t.equal((await relay.page('corp-lib', 1)).status, 404)
  t.notOk(other.asked.some((path) => path.includes('corp') || path.includes('evil')))
})

t.test('exclude-newer leaves out what came later, and refuses an index that tells no times', async (t) => {
  const timed = (name: string, time?: string) => ({
    name,
    content,
    more: time === undefined ? {} : { 'upload-time': time },
  })
  const upstream = await serveIndex(t, {
    'demo-app': [
      timed('demo_app-1.0.tar.gz', '2024-01-01T00:00:00Z'),
      timed('demo_app-2.0.tar.gz', '2024-06-01T00:00:00Z'),
    ],
    untimed: [timed('untimed-1.0.tar.gz')],
  })
  const relay = await openTestRelay(t, [at(upstream.url, { excludeNewer: '2024-03-01T00:00:00Z' })])
  const { files } = JSON.parse((await relay.page('demo-app')).body.toString())
  t.match(files, [{ filename: 'demo_app-1.0.tar.gz' }])
  t.equal(files.length, 1)
  const refused = await relay.page('untimed')
  t.match(refused, { status: 424, reason: /names no upload times of untimed/ })
  t.match(relay.log(), /^pypi: warning: http:\S+ names no upload times of untimed/m)
})

t.test('a link to a repository is passed on, but under a rule it is left out, which the log says', async (t) => {
  const repository = 'git+https://127.0.0.1/demo.git#egg=demo-app'
  const upstream = await serveIndex(t, {}, (_request, response) => {
    const files = [
      { filename: wheel, url: `/f/${wheel}`, hashes: {}, 'upload-time': '2024-01-01T00:00:00Z' },
      { filename: 'demo-app', url: repository, hashes: {} },
    ]
    response.writeHead(200, { 'Content-Type': json, ETag: '"page"', 'Accept-Ranges': 'bytes' })
    response.end(JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'demo-app', files }))
    return true
  })
  const free = await openTestRelay(t, [at(upstream.url)])
  const { headers, body } = await free.page('demo-app')
  t.match(body.toString(), repository)
  t.match(headers, { etag: undefined, 'accept-ranges': undefined }, 'a page is another one than the server sent')
  t.equal(free.log(), '')
  for (const rule of [{ projects: ['demo-*'] }, { excludeNewer: '2024-03-01T00:00:00Z' }]) {
    const relay = await openTestRelay(t, [at(upstream.url, rule)])
    const text = (await relay.page('demo-app')).body.toString()
    t.match(text, wheel, 'it is no reason to refuse the page for an upload time that is missing')
    t.notMatch(text, 'git+')
    t.match(
      relay.log(),
      /^pypi: warning: \S+ links to a repository for demo-app, which is under no rule: that link is left out\n$/,
    )
  }
})

t.test('two indexes at one URL are two: each has its own files and its own token', async (t) => {
  const name = (project: string): string => `${project}-1.0.tar.gz`
  const [early, late] = [randomBytes(50), randomBytes(60)]
  const upstream = await serveIndex(t, {}, ({ url = '', headers }, response) => {
    const isLate = headers.authorization === `Basic ${Buffer.from('late:token').toString('base64')}`
    if (url.startsWith('/f/')) response.end(isLate ? late : early)
    else response.writeHead(200, { 'Content-Type': 'text/html' }).end(`<a href="/f/${name('demo')}">x</a>`)
    return true
  })
  const as = (user: string, more: object = {}) => at(upstream.url.replace('//', `//${user}:token@`), more)
  const tokens = await openTestRelay(t, [as('early'), as('late')], { fill: scratchFolder(t) })
  const links = [await tokens.link('demo', name('demo'), 0), await tokens.link('demo', name('demo'), 1)]
  for (const link of [...links, ...links.toReversed()])
    t.same((await ask(link)).body, link === links[0] ? early : late, link)
  const sections = await openTestRelay(t, [as('early', { projects: ['demo'] }), as('early', { exclude: ['demo'] })])
  t.equal((await sections.page('demo', 0)).status, 200)
  t.equal((await sections.page('demo', 1)).status, 404)
  t.equal((await sections.page('other', 0)).status, 404)
  t.equal((await sections.page('other', 1)).status, 200)
})

t.test('through two relays: pages, files, parts and statuses, and the name by which the installer asks', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] })
  const first = await openTestRelay(t, [at(upstream.url)])
  const second = await openTestRelay(t, [at(first.index())], { fill: scratchFolder(t) })
  const link = await second.link('demo-app', wheel)
  const agent = { 'User-Agent': 'pip/26.0 {"python":"3.13"}' }
  t.same((await ask(link, { ...agent, Range: 'bytes=5-9' })).body, content.subarray(5, 10))
  t.same((await ask(link, agent)).body, content)
  t.equal((await second.page('nothing')).status, 404)
  await ask(`${second.index()}/third/`, agent)
  t.same(
    upstream.requests
      .filter(({ url = '' }) => url.startsWith('/f/') || url.includes('third'))
      .map(({ headers }) => headers['user-agent'])
      .filter((sent) => sent !== agent['User-Agent']),
    [],
  )
})
