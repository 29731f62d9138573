import type { ServerResponse } from 'node:http'
import t from 'tap'
import { newRemembered, rememberPages } from '../../../element-src/lib/relay/remembered.js'
import { askMetadata, clockOf, countOf, project, wheelOf } from '../../support/relay/ahead.js'
import { at, openTestRelay } from '../../support/relay/test-relay.js'
import { serveIndex } from '../../support/relay/upstream.js'

const page = (megabytes: number, name = 'x-1.tar.gz') => ({
  files: [{ name, url: `http://127.0.0.1/${name}`, hashes: {} }],
  links: [],
  until: Number.POSITIVE_INFINITY,
  conditions: {},
  length: megabytes * 1024 * 1024,
})

t.test('of large pages the last are remembered, 8 MB in all', async (t) => {
  const pages = rememberPages()
  const names = Array.from({ length: 20 }, (_, i) => `project-${i}`)
  for (const name of names) pages.set(name, page(2.5))
  t.same(
    names.filter((name) => pages.get(name) !== undefined),
    names.slice(-3),
  )
  pages.set('project-19', page(1))
  pages.set('another', page(1.5))
  t.same(
    [...names, 'another'].filter((name) => pages.get(name) !== undefined),
    ['project-17', 'project-18', 'project-19', 'another'],
    'a page that is read anew counts once',
  )
})

t.test('one page of more than that is remembered alone', async (t) => {
  const pages = rememberPages()
  pages.set('small', page(1))
  pages.set('huge', page(60))
  t.equal(pages.get('small'), undefined)
  t.equal(pages.get('huge')?.files.length, 1, 'its files can be asked for')
})

t.test(
  'a file that was asked for is known until its page is read anew, also when others took the place of that',
  async (t) => {
    const pages = rememberPages()
    pages.set('x', page(1))
    t.match(pages.filesNamed('x', 'x-1.tar.gz'), [{ name: 'x-1.tar.gz' }])
    t.same(pages.filesNamed('x', 'x-2.tar.gz'), [])
    pages.set('huge', page(60))
    t.match(pages.filesNamed('x', 'x-1.tar.gz'), [{ name: 'x-1.tar.gz' }])
    t.equal(pages.filesNamed('x', 'x-2.tar.gz'), undefined)
    pages.set('x', page(1, 'x-3.tar.gz'))
    t.same(pages.filesNamed('x', 'x-1.tar.gz'), [])
    pages.set('huge', page(60))
    t.equal(pages.filesNamed('x', 'x-1.tar.gz'), undefined, 'its server is asked')
    t.equal(pages.filesNamed('x', 'x-3.tar.gz'), undefined, 'nobody asked for it')
  },
)

t.test('of 2,000 files that were asked for the last are known without their pages', async (t) => {
  const pages = rememberPages()
  const names = Array.from({ length: 2_010 }, (_, i) => `x-${i}.tar.gz`)
  for (const name of names) {
    pages.set(name, page(1, name))
    pages.filesNamed(name, name)
  }
  pages.set('huge', page(60))
  t.same(
    names.filter((name) => pages.filesNamed(name, name) !== undefined),
    names.slice(10),
  )
})

t.test('of what is remembered by name the last so many entries are there', async (t) => {
  const remembered = newRemembered<number>(3)
  for (const [i, name] of ['a', 'b', 'c', 'a', 'd'].entries()) remembered.set(name, i)
  t.same([...remembered.keys()], ['c', 'a', 'd'])
  t.same([...remembered.values()], [2, 3, 4])
})

const release = (version: string) => ({ name: `demo_app-${version}.tar.gz`, content: Buffer.from(version) })

t.test('a page of an index without Cache-Control is asked for once in five seconds', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [release('1')] })
  const relay = await openTestRelay(t, [at(upstream.url)])
  const first = await relay.page('demo-app')
  await upstream.stop()
  t.same((await relay.page('demo-app')).body, first.body, 'the same, whatever has become of the server')
})

t.test('after five seconds its server is asked whether it has changed', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [release('1')] }, ({ headers }, response) => {
    response.setHeader('ETag', '"1"')
    if (headers['if-none-match'] === undefined) return undefined
    response.writeHead(304).end()
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)])
  const first = await relay.page('demo-app')
  const setClock = clockOf(t)
  for (const seconds of [4, 6, 10, 12]) {
    setClock(seconds)
    t.match(await relay.page('demo-app'), { status: 200, body: first.body })
  }
  t.same(
    upstream.requests.map(({ headers }) => headers['if-none-match']),
    [undefined, '"1"', '"1"'],
  )
})

t.test('of metadata 8 MB at most are remembered', async (t) => {
  const names = Array.from({ length: 9 }, (_, i) => `p${i}`)
  const text = `Metadata-Version: 2.1\n${' '.repeat(1024 * 1024)}`
  const projects = Object.assign({}, ...names.map((name) => project(name)))
  const upstream = await serveIndex(t, projects, ({ url = '' }, response) => {
    if (!url.endsWith('.metadata')) return undefined
    response.end(text)
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)], { ahead: false })
  for (const name of [...names, 'p8', 'p0']) t.equal((await askMetadata(relay, name)).body.length, text.length)
  t.same(
    ['p8', 'p0'].map((name) => countOf(upstream, `${wheelOf(name)}.metadata`)),
    [1, 2],
  )
})

t.test('a page that its server has remembered as well is sent once', async (t) => {
  const modified = 'Fri, 27 Nov 2015 10:00:00 GMT'
  const kinds: Readonly<Record<string, (response: ServerResponse) => unknown>> = {
    'if-none-match': (response) => response.setHeader('ETag', 'W/"1"').setHeader('Last-Modified', modified),
    'if-modified-since': (response) => response.setHeader('Last-Modified', modified),
  }
  for (const [name, describe] of Object.entries(kinds)) {
    const upstream = await serveIndex(t, { 'demo-app': [release('1')] }, ({ headers }, response) => {
      describe(response.setHeader('Cache-Control', 'no-cache'))
      if (headers[name] === undefined) return undefined
      response.writeHead(304).end()
      return true
    })
    const relay = await openTestRelay(t, [at(upstream.url)])
    const first = await relay.page('demo-app')
    for (let i = 0; i < 2; i += 1) t.match(await relay.page('demo-app'), { status: 200, body: first.body })
    t.same(
      upstream.requests.map(({ headers }) => headers[name]),
      [undefined, ...Array(2).fill(name === 'if-none-match' ? 'W/"1"' : modified)],
    )
  }
})

t.test('what may have changed unseen is asked for whole, and what is not there is asked for each time', async (t) => {
  const projects: Record<string, ReturnType<typeof release>[]> = { 'demo-app': [release('1')] }
  const now = new Date().toUTCString()
  const upstream = await serveIndex(t, projects, (_request, response) => {
    // Within one second a page can change twice.
    response.setHeader('Cache-Control', 'no-cache').setHeader('Date', now).setHeader('Last-Modified', now)
    return undefined
  })
  const relay = await openTestRelay(t, [at(upstream.url)])
  const links = async (project: string) =>
    [...(await relay.page(project)).body.toString().matchAll(/[\w.-]+\.tar/g)].length
  t.equal(await links('demo-app'), 2, 'its name and its URL')
  projects['demo-app'] = [release('1'), release('2')]
  t.equal(await links('demo-app'), 4)
  t.equal((await relay.page('late')).status, 404)
  projects['late'] = [release('1')]
  t.equal((await relay.page('late')).status, 200)
})
