import fs, { mkdirSync, writeFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import t, { type Test } from 'tap'
import type { Arrival } from '../../../element-src/lib/receipt/bill.js'
import type { RelayConfig } from '../../../element-src/lib/relay/control.js'
import type { Index } from '../../../element-src/lib/settings/index-list.js'
import { ask, at, inFolder, json, openTestRelay, type Reply } from '../../support/relay/test-relay.js'
import { type Instead, serveIndex, sha256, type UpstreamFile } from '../../support/relay/upstream.js'

// As gzip begins.
const content = Buffer.from(`\u001f\u008b${'the right one '.repeat(10_000)}`, 'latin1')
const name = 'demo-1.0.tar.gz'
const right: UpstreamFile = { name, content }
const wrong: UpstreamFile = { name, content: Buffer.from('another one') }
const untold = (file: UpstreamFile): UpstreamFile => ({ ...file, sha256: undefined })
const lying: UpstreamFile = { ...wrong, sha256: sha256(content) }

const arrival: Arrival = {
  project: 'demo',
  name,
  sha256: sha256(content),
  size: content.length,
  mirror: 'http://where.it.came.from.example/simple',
  uploadTime: '2020-01-02T03:04:05Z',
  requiresPython: '>=3.8',
}

/** A relay under a lock, and the link on its page. */
const openLocked = async (t: Test, indexes: readonly Index[], more: Partial<RelayConfig> = {}) => {
  const relay = await openTestRelay(t, indexes, { lock: [arrival], receipt: true, ...more })
  const index = `${relay.base}/1-lock/simple`
  return { ...relay, locked: index, link: `${relay.base}/1-lock/files/demo/${name}` }
}

const isRight = (t: Test, reply: Reply, message: string): void => {
  t.equal(reply.status, 200, message)
  t.ok(reply.body.equals(content), message)
}

t.test("a page offers the lock's files, by name and hash, and nothing else", async (t) => {
  const upstream = await serveIndex(t, {
    demo: [
      { ...right, more: { yanked: 'broken' } },
      { name: 'demo-2.0.tar.gz', content: Buffer.from('newer') },
    ],
    other: [{ name: 'other-1.0.tar.gz', content: Buffer.from('x') }],
  })
  const relay = await openLocked(t, [at(upstream.url)])
  const { body } = await ask(`${relay.locked}/demo/`, { Accept: json })
  const { files } = JSON.parse(body.toString())
  t.match(files, [
    {
      filename: name,
      hashes: { sha256: arrival.sha256 },
      size: content.length,
      'requires-python': '>=3.8',
      'upload-time': '2020-01-02T03:04:05Z',
    },
  ])
  t.equal(files.length, 1)
  const html = (await ask(`${relay.locked}/demo/`, { Accept: 'text/html' })).body.toString()
  t.match(html, `#sha256=${arrival.sha256}`)
  t.notMatch(html, /yanked|2\.0/)
  t.match((await ask(`${relay.locked}/`)).body.toString(), /demo/)
  t.same(upstream.asked, [], 'no server is asked for it')
  t.equal((await ask(`${relay.locked}/other/`)).status, 404)
  t.equal((await ask(`${relay.base}/1-lock/files/demo/demo-2.0.tar.gz`)).status, 404)
  t.equal((await ask(`${relay.link}.metadata`)).status, 404)
  t.match(relay.log(), /^pypi: warning: other is not in the lock \(DIB_PYPI_LOCK\): the relay answers/m)
  t.notMatch(relay.log(), /demo is not in the lock/)
  isRight(t, await ask(relay.link), 'a release that was yanked since is installed')
})

t.test("the first mirror that has the lock's file serves it, whatever those before it have", async (t) => {
  const cases: readonly (readonly [what: string, file: UpstreamFile | undefined, instead?: Instead])[] = [
    ['does not have the project', undefined],
    ['has another file of that name', wrong],
    ['tells no hash, and has another file', untold(wrong)],
    [
      'has lost the file',
      right,
      (request, response) => {
        if (!request.url?.startsWith('/f/')) return false
        response.writeHead(404).end()
        return true
      },
    ],
    [
      'breaks the connection off',
      right,
      (_request, response) => {
        response.destroy()
        return true
      },
    ],
  ]
  const good = await serveIndex(t, { demo: [right] })
  for (const [what, file, instead] of cases) {
    const bad = await serveIndex(t, file === undefined ? {} : { demo: [file] }, instead)
    const relay = await openLocked(t, [at(bad.url), at(good.url)])
    isRight(t, await ask(relay.link), what)
    isRight(t, await ask(relay.link), `${what}, again`)
    t.same((await relay.end()).arrivals, [arrival], 'where it came from is taken over from the lock')
  }
})

t.test('a mirror that tells no hash serves a file, whole or in parts, once it was read', async (t) => {
  const upstream = await serveIndex(t, { demo: [untold(right)] })
  const relay = await openLocked(t, [at(upstream.url)])
  const part = await ask(relay.link, { Range: 'bytes=70000-' })
  t.equal(part.status, 206)
  t.ok(part.body.equals(content.subarray(70_000)))
  // What nobody refers to is closed.
  setFlagsFromString('--expose-gc')
  runInNewContext('gc')()
  isRight(t, await ask(relay.link), 'whole')
  t.equal((await ask(relay.link, {}, 'HEAD')).headers['content-length'], String(content.length))
  t.equal(upstream.asked.filter((path) => path.includes('/f/')).length, 1, 'it is fetched once')
})

t.test(
  'a mirror that tells no hash is passed over if its file is another one, or goes on behind the end',
  async (t) => {
    const good = await serveIndex(t, { demo: [untold(right)] })
    const endless: Instead = (request, response) => {
      if (!request.url?.startsWith('/f/')) return false
      response.writeHead(200).write(Buffer.concat([content, content]))
      return true
    }
    for (const instead of [undefined, endless]) {
      const bad = await serveIndex(t, { demo: [untold(wrong)] }, instead)
      const relay = await openLocked(t, [at(bad.url), at(good.url)])
      isRight(t, await ask(relay.link), instead === undefined ? 'another one' : 'without an end')
    }
  },
)

t.test('a mirror that tells no hash, and is busy for a moment, is said to be, and asked again', async (t) => {
  let isBusy = true
  const upstream = await serveIndex(t, { demo: [untold(right)] }, (request, response) => {
    if (!isBusy || !request.url?.startsWith('/f/')) return false
    response.writeHead(503).end()
    return true
  })
  const relay = await openLocked(t, [at(upstream.url)])
  t.match(await ask(relay.link), { status: 424, reason: /no mirror has it: \S+ answers 503$/ })
  isBusy = false
  isRight(t, await ask(relay.link), 'the next request')
})

t.test('of a file that is not what its mirror tells, an installer never gets all', async (t) => {
  const [bad, good] = [await serveIndex(t, { demo: [lying] }), await serveIndex(t, { demo: [right] })]
  const relay = await openLocked(t, [at(bad.url), at(good.url)])
  const first = await ask(relay.link)
  t.ok(first.isCut && first.body.length < wrong.content.length)
  isRight(t, await ask(relay.link), 'the next request has it from the next mirror')
  t.match(relay.log(), /sends another file than the one in the lock, asked for demo-1\.0\.tar\.gz/)
})

t.test('a file that no mirror has is refused, and the log says of each mirror why', async (t) => {
  const [other, none] = [await serveIndex(t, { demo: [wrong] }), await serveIndex(t, {})]
  const relay = await openLocked(t, [at(other.url), at(none.url)])
  const { status, reason } = await ask(relay.link)
  t.equal(status, 424)
  const line = `${name} is in the lock (DIB_PYPI_LOCK), and no mirror has it: ${other.url} has another file of that name; ${none.url} does not have it`
  t.equal(reason, line)
  t.match(relay.log(), `pypi: warning: ${line}\n`)
})

t.test('the rules of a mirrors file hold under a lock', async (t) => {
  const [one, two] = [await serveIndex(t, { demo: [right] }), await serveIndex(t, { demo: [right] })]
  const byProjects = await openLocked(t, [at(one.url), at(two.url, { projects: ['demo'] })])
  isRight(t, await ask(byProjects.link), 'from the mirror whose projects name it')
  t.same(one.asked, [])
  const excluded = await openLocked(t, [at(one.url, { exclude: ['de*'] })])
  t.match(await ask(excluded.link), { status: 424, reason: /none may serve its project/ })
  const tooNew = await openLocked(t, [
    at((await serveIndex(t, { demo: [{ ...right, more: { 'upload-time': '2024-01-01T00:00:00Z' } }] })).url, {
      excludeNewer: '2023-01-01T00:00:00Z',
    }),
  ])
  t.match(await ask(tooNew.link), { status: 424, reason: /does not have it/ })
})

t.test('a folder is filled from a lock, and serves it', async (t) => {
  for (const file of [right, untold(right)]) {
    const folder = t.testdir()
    const upstream = await serveIndex(t, { demo: [file] })
    const filling = await openLocked(t, [at(upstream.url)], { fill: folder })
    isRight(t, await ask(filling.link), 'online')
    t.match(await filling.end(), { kept: /^kept 1 new file,/ })
    const relay = await openLocked(t, [inFolder(folder)])
    isRight(t, await ask(relay.link), 'offline')
    t.match(await ask(relay.link, { Range: 'bytes=70000-' }), { status: 206 })
    t.same((await relay.end()).arrivals, [arrival])
  }
})

t.test('without servers, all files that the folders lack are named before the relay listens', async (t) => {
  const folder = join(t.testdir(), 'mirror')
  mkdirSync(folder)
  writeFileSync(join(folder, name), wrong.content)
  const second = { ...arrival, project: 'second', name: 'second-2.0.zip' }
  await t.rejects(openLocked(t, [inFolder(folder)], { lock: [arrival, second] }), {
    name: 'UserError',
    message: `DIB_PYPI_LOCK: no server is asked, and 2 files of the lock are not in ${folder}: ${name} (another file has its name), second-2.0.zip; copy them there, or build online`,
  })
  writeFileSync(join(folder, name), content)
  const relay = await openLocked(t, [inFolder(folder)])
  isRight(t, await ask(relay.link), 'with all of them it serves')
  await t.rejects(openLocked(t, []), {
    message: /1 file of the lock is not in a folder, since there is no local mirror/,
  })
})

t.test('without servers, each file of a lock is read in one folder, although others have it', async (t) => {
  const mirror = t.testdir({ one: { [name]: content }, other: { [name]: content } })
  const { createReadStream } = fs
  const read: string[] = []
  const putIn = (createReadStream: typeof fs.createReadStream): void => {
    Object.assign(fs, { createReadStream })
    syncBuiltinESMExports()
  }
  t.teardown(() => putIn(createReadStream))
  putIn((path, options) => {
    read.push(String(path))
    return createReadStream(path, options)
  })
  const folders = ['one', 'other'].map((folder) => inFolder(join(mirror, folder)))
  await openLocked(t, folders)
  t.same(read, [join(mirror, 'one', name)])
})
