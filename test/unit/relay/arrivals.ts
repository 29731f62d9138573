import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import { ask, at, inFolder, openTestRelay } from '../../support/relay/test-relay.js'
import { serveIndex, sha256 } from '../../support/relay/upstream.js'

const content = Buffer.from('demo '.repeat(20_000))
const file = {
  name: 'demo_app-1.0-py3-none-any.whl',
  content,
  more: { 'upload-time': '2020-01-02T03:04:05Z', 'requires-python': '>=3.8' },
}
const arrival = { project: 'demo-app', name: file.name, sha256: sha256(content), size: content.length }

t.test('a file that an installer got whole is recorded, with what its index says of it', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [file] })
  const url = upstream.url.replace('//', '//user:secret@').concat('?token=secret')
  const relay = await openTestRelay(t, [at(url)], { receipt: true })
  const { body } = await ask(await relay.link('demo-app', file.name))
  t.ok(body.equals(content))
  const { arrivals } = await relay.end()
  t.same(arrivals, [{ ...arrival, mirror: upstream.url, uploadTime: '2020-01-02T03:04:05Z', requiresPython: '>=3.8' }])
  t.notMatch(JSON.stringify(arrivals), /secret/)
})

t.test('what is looked at and not fetched is not recorded', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [file] }, ({ headers: { range } }, response) => {
    if (range !== 'bytes=5-9') return undefined
    // Of a server that does not tell how long the file is.
    response.writeHead(206, { 'Content-Range': 'bytes 5-9/*', 'Content-Length': 5 }).end(content.subarray(5, 10))
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)], { receipt: true })
  const link = await relay.link('demo-app', file.name)
  await ask(link, {}, 'HEAD')
  await ask(link, { Range: 'bytes=-1000' })
  await ask(link, { Range: `bytes=1000-${content.length - 1}` })
  await ask(link, { Range: 'bytes=0-999' })
  t.same((await ask(link, { Range: 'bytes=5-9' })).body, content.subarray(5, 10))
  t.same((await relay.end()).arrivals, [])
})

/** Asks for a file, and breaks the connection off when so many bytes are there. */
const cutOff = (link: string, bytes: number): Promise<void> =>
  new Promise((resolve) => {
    const { port, pathname } = new URL(link)
    let got = 0
    const socket = connect(Number(port), '127.0.0.1', () =>
      socket.write(`GET ${pathname} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`),
    )
    socket.on('data', (chunk) => {
      got += chunk.length
      if (got >= bytes) socket.destroy()
    })
    socket.on('close', () => resolve())
  })

t.test('a file that was cut off is recorded once it is whole, and once', async (t) => {
  // More than fits between the relay and a client.
  const large = { name: 'large-1.0.tar.gz', content: Buffer.alloc(32_000_000, 'large') }
  const upstream = await serveIndex(t, { large: [large] })
  for (const fill of [undefined, t.testdir()]) {
    const way = fill === undefined ? 'passed on' : 'kept'
    const cut = await openTestRelay(t, [at(upstream.url)], { receipt: true, fill })
    await cutOff(await cut.link('large', large.name), 100_000)
    t.same((await cut.end()).arrivals, [], `${way}: it has not come whole`)

    const again = await openTestRelay(t, [at(upstream.url)], { receipt: true, fill })
    const link = await again.link('large', large.name)
    await cutOff(link, 1_000_000)
    await ask(link)
    await ask(link)
    const { arrivals } = await again.end()
    t.match(arrivals, [{ sha256: sha256(large.content), size: large.content.length }], `${way}: fetched again`)
    t.equal(arrivals.length, 1)
  }
})

t.test('a file whose rest is asked for by Range is recorded when the rest is there', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [file] })
  const relay = await openTestRelay(t, [at(upstream.url)], { receipt: true })
  const link = await relay.link('demo-app', file.name)
  await ask(link, { Range: 'bytes=0-59999' })
  await ask(link, { Range: 'bytes=50000-' })
  t.match((await relay.end()).arrivals, [{ sha256: arrival.sha256, size: content.length }])
})

t.test(
  'of two mirrors with the same file, the first is recorded, whatever the order; another file is another',
  async (t) => {
    const other = { name: file.name, content: Buffer.from('another build') }
    const [one, two, three] = await Promise.all(
      [[file], [file], [other]].map((files) => serveIndex(t, { 'demo-app': files })),
    )
    const urls = [one, two, three].map((upstream) => upstream?.url ?? '')
    const relay = await openTestRelay(
      t,
      urls.map((url) => at(url)),
      { receipt: true },
    )
    for (const i of [2, 1, 0, 1]) await ask(await relay.link('demo-app', file.name, i))
    const { arrivals } = await relay.end()
    t.same(
      new Set(arrivals.map(({ sha256: digits, mirror }) => `${digits} ${mirror}`)),
      new Set([`${arrival.sha256} ${urls[0]}`, `${sha256(other.content)} ${urls[2]}`]),
    )
  },
)

t.test('a file from a folder is recorded by its hash, which nothing tells', async (t) => {
  const folder = join(t.testdir(), 'mirror')
  mkdirSync(folder)
  writeFileSync(join(folder, file.name), content)
  const relay = await openTestRelay(t, [inFolder(folder)], { receipt: true })
  await ask(await relay.link('demo-app', file.name))
  t.same((await relay.end()).arrivals, [{ ...arrival, mirror: 'file:///tmp/pypi' }])
})

t.test('without a receipt nothing is recorded', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [file] })
  const relay = await openTestRelay(t, [at(upstream.url)])
  await ask(await relay.link('demo-app', file.name))
  t.same((await relay.end()).arrivals, [])
})
