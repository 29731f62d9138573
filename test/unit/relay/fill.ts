import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import type { Index } from '../../../element-src/lib/settings/index-list.js'
import { scratchFolder } from '../../support/builds/scratch.js'
import { until } from '../../support/relay/ahead.js'
import { ask, at, inFolder, openTestRelay, type TestRelay } from '../../support/relay/test-relay.js'
import { likeSdist, likeWheel, serveIndex, sha256 } from '../../support/relay/upstream.js'

const wheel = (n: number | string): string => `demo_app-1.${n}-py3-none-any.whl`
const metadata = 'Metadata-Version: 2.1\nName: demo-app\nVersion: 1.0\nRequires-Python: >=3.7\n\nRequires-Python: no\n'

const names = (folder: string): readonly string[] => readdirSync(folder).sort()

const check = (folder: string): string =>
  execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })

const fetchAll = async (relay: TestRelay, all: readonly string[]): Promise<void> => {
  const links = await Promise.all(all.map((name) => relay.link('demo-app', name)))
  await Promise.all(links.map((link) => ask(link)))
}

t.test(
  'a file that its server sends whole by another status than 200 is kept; one by any other is sent as it is',
  async (t) => {
    const content = likeWheel(50_000)
    const statuses = [203, 206, 202]
    const upstream = await serveIndex(
      t,
      { 'demo-app': statuses.map((status) => ({ name: wheel(status), content })) },
      ({ url }, response) => {
        const status = statuses.find((one) => url?.includes(`1.${one}-`))
        if (status === undefined) return undefined
        const range = `bytes 0-${content.length - 1}/${content.length}`
        response.writeHead(status, {
          'Content-Length': content.length,
          ...(status === 206 ? { 'Content-Range': range } : {}),
        })
        response.end(content)
        return true
      },
    )
    const folder = scratchFolder(t)
    const relay = await openTestRelay(t, [at(upstream.url), inFolder(folder)], { fill: folder })
    for (const status of statuses) {
      const { body, status: told, headers } = await ask(await relay.link('demo-app', wheel(status)))
      t.equal(told, status === 202 ? 202 : 200)
      t.equal(headers['content-range'], undefined)
      t.ok(body.equals(content), `all of it has come by ${status}`)
    }
    await until(() => [203, 206].every((status) => names(folder).includes(wheel(status))))
    await relay.end()
    t.same(
      statuses.filter((status) => names(folder).includes(wheel(status))),
      [203, 206],
    )
  },
)

t.test('what was downloaded is kept under its name, with its metadata and hashes', async (t) => {
  const content = likeWheel(200_000)
  const upstream = await serveIndex(
    t,
    {
      'demo-app': [
        { name: wheel(0), content, more: { 'core-metadata': true } },
        { name: wheel(1), content: likeWheel(10), more: { 'core-metadata': true } },
        { name: 'demo-app-0.9.tar.gz', content: likeSdist(7), sha256: undefined },
      ],
    },
    ({ url }, response) => {
      if (!url?.endsWith('.metadata')) return undefined
      response.end(metadata)
      return true
    },
  )
  const folder = scratchFolder(t)
  const relay = await openTestRelay(t, [at(upstream.url), inFolder(folder)], { fill: folder })
  await ask(`${await relay.link('demo-app', wheel(1))}.metadata`)
  await fetchAll(relay, [wheel(0), 'demo-app-0.9.tar.gz'])
  // Its end waits for 10 s, and a disk that others write to can take longer.
  await until(() => ['demo-app-0.9.tar.gz', `${wheel(0)}.metadata`].every((name) => names(folder).includes(name)))
  await relay.end()
  t.same(
    names(folder),
    ['SHA256SUMS', 'pypi-files.jsonl', 'demo-app-0.9.tar.gz', wheel(0), `${wheel(0)}.metadata`].sort(),
  )
  t.ok(readFileSync(join(folder, wheel(0))).equals(content))
  t.equal(statSync(join(folder, wheel(0))).mode & 0o777, 0o666 & ~process.umask())
  t.match(check(folder), `${wheel(0)}.metadata: OK`)
  t.match(relay.log(), `pypi: kept 2 new files, 200 KB, in ${folder}: an offline build can use them\n`)

  const offline = await openTestRelay(t, [inFolder(folder)])
  const { files } = JSON.parse((await offline.page('demo-app')).body.toString())
  t.match(
    files.filter(({ filename }: { filename: string }) => filename === wheel(0)),
    [
      {
        hashes: { sha256: sha256(content) },
        'requires-python': '>=3.7',
        'core-metadata': { sha256: sha256(metadata) },
      },
    ],
  )
  t.ok((await ask(await offline.link('demo-app', wheel(0)))).body.equals(content))
})

t.test(
  'metadata that is not what the index tells, or does not look like it, is not kept, and its wheel is',
  async (t) => {
    for (const [told, sent] of [
      [{ sha256: sha256('another') }, metadata],
      [true, '<title>Log in</title>'],
    ] as const) {
      const projects = { 'demo-app': [{ name: wheel(0), content: likeWheel(10), more: { 'core-metadata': told } }] }
      const upstream = await serveIndex(t, projects, ({ url }, response) => {
        if (!url?.endsWith('.metadata')) return undefined
        response.end(sent)
        return true
      })
      const folder = scratchFolder(t)
      const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
      await fetchAll(relay, [wheel(0)])
      await relay.end()
      t.ok(names(folder).includes(wheel(0)))
      t.notOk(names(folder).includes(`${wheel(0)}.metadata`))
    }
  },
)

t.test('a file of which nothing tells that it is whole is not kept, which is said', async (t) => {
  const name = 'demo-app-0.8.tar.gz'
  const file = { name, content: likeSdist(9), sha256: undefined }
  const upstream = await serveIndex(t, { 'demo-app': [file] }, ({ url }, response) => {
    if (!url?.startsWith('/f/')) return undefined
    response.write(Buffer.from([0x1f, 0x8b]))
    response.end('y')
    return true
  })
  const folder = scratchFolder(t)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
  t.equal((await ask(await relay.link('demo-app', name))).body.length, 3)
  await relay.end()
  t.same(names(folder), [])
  t.match(
    relay.log(),
    /^pypi: warning: demo-app-0\.8\.tar\.gz of \S+ is not kept, .*: the index names neither its hash nor its length/m,
  )
})

t.test('another file of the same name stays', async (t) => {
  const content = likeWheel(1000)
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel(0), content }] })
  const folder = scratchFolder(t)
  writeFileSync(join(folder, wheel(0)), 'own')
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
  t.ok((await ask(await relay.link('demo-app', wheel(0)))).body.equals(content), 'the build gets what the index has')
  await relay.end()
  t.equal(readFileSync(join(folder, wheel(0)), 'utf8'), 'own')
  t.match(relay.log(), /^pypi: warning: \S+ is another file than the demo_app\S+ that the build downloaded/m)
  t.same(names(folder), [wheel(0)], 'nothing else is left')
})

t.test('two builds fill one folder at once', async (t) => {
  const all = Array.from({ length: 40 }, (_, i) => wheel(i))
  const upstream = await serveIndex(t, {
    'demo-app': all.map((name) => ({ name, content: likeWheel(20_000) })),
  })
  const folder = scratchFolder(t)
  const relays = await Promise.all([1, 2].map(() => openTestRelay(t, [at(upstream.url)], { fill: folder })))
  await Promise.all(relays.map((relay, i) => fetchAll(relay, all.slice(i * 15, i * 15 + 25))))
  await Promise.all(relays.map((relay) => relay.end()))
  t.same(names(folder), [...all, 'SHA256SUMS', 'pypi-files.jsonl'].sort())
  t.equal(check(folder).match(/: OK$/gm)?.length, 40)
  t.notMatch(relays.map((relay) => relay.log()).join(''), 'warning')
})

t.test(
  'without room in the folder the build goes on, with one warning',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const content = likeWheel(3_000_000)
    const all = [wheel(0), wheel(1)]
    const upstream = await serveIndex(t, { 'demo-app': all.map((name) => ({ name, content })) })
    const folder = join(scratchFolder(t), 'small')
    mkdirSync(folder)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder])
    t.teardown(() => execFileSync('umount', [folder]))
    const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
    const links = await Promise.all(all.map((name) => relay.link('demo-app', name)))
    const replies = await Promise.all([...links, ...links].map((link) => ask(link)))
    t.ok(
      replies.every(({ body }) => body.equals(content)),
      'all is served',
    )
    await relay.end()
    t.same(names(folder), [])
    t.equal(relay.log().match(/warning: \S+ cannot take more files: no space is left/g)?.length, 1)
  },
)

t.test('offline, what a mirrors file owns comes from the folder only if it was kept from its owner', async (t) => {
  const [theirs, ours, shared] = ['9.9', '1.0', '0.5'].map((version) => `corp_lib-${version}-py3-none-any.whl`)
  const same = { name: shared ?? '', content: likeWheel(20) }
  const attacker = await serveIndex(t, { 'corp-lib': [{ name: theirs ?? '', content: likeWheel(10) }, same] })
  const corp = await serveIndex(t, { 'corp-lib': [{ name: ours ?? '', content: likeWheel(10) }, same] })
  const folder = scratchFolder(t)
  const fill = async (index: Index, all: readonly (string | undefined)[]): Promise<void> => {
    const relay = await openTestRelay(t, [index], { fill: folder })
    for (const name of all) await ask(await relay.link('corp-lib', name ?? ''))
    await relay.end()
  }
  const owner = at(corp.url, { projects: ['corp-*'] })
  const offline = async (): Promise<{ names: readonly string[]; log: string }> => {
    const kept = inFolder(folder, { isKept: true })
    // The owner is down, and left out.
    const relay = await openTestRelay(t, [kept], { named: [owner, kept] })
    const { status, body } = await relay.page('corp-lib')
    const files: { filename: string }[] = status === 200 ? JSON.parse(body.toString()).files : []
    return { names: files.map(({ filename }) => filename).sort(), log: relay.log() }
  }
  await fill(at(attacker.url), [theirs, shared])
  const before = await offline()
  t.same(before.names, [])
  t.match(
    before.log,
    /warning: corp_lib-\S+ in \S+ is not used: no build kept it from an index that the mirrors file asks for corp-lib\. Build once online/,
  )
  await fill(owner, [ours, shared])
  t.same((await offline()).names, [shared, ours], 'also what both have')
  t.notMatch(
    readFileSync(join(folder, 'pypi-files.jsonl'), 'utf8'),
    '127.0.0.1',
    'the folder, which images see, names no index',
  )
})

t.test('who owns the folder opens no other file by a link in place of what is on its way', async (t) => {
  const top = t.testdir({ other: 'secret', mirror: {} })
  const [other, folder] = [join(top, 'other'), join(top, 'mirror')]
  chmodSync(other, 0o600)
  const content = likeWheel(2000)
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel(0), content }] }, ({ url }, response) => {
    if (!url?.startsWith('/f/')) return undefined
    response.writeHead(200, { 'Content-Length': content.length }).write(content.subarray(0, 1000), () => {
      const wait = setInterval(() => {
        const [temporary] = names(folder)
        if (temporary === undefined) return
        clearInterval(wait)
        unlinkSync(join(folder, temporary))
        symlinkSync(other, join(folder, temporary))
        response.end(content.subarray(1000))
      }, 10)
    })
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
  t.ok((await ask(await relay.link('demo-app', wheel(0)))).body.equals(content))
  await relay.end()
  t.equal(statSync(other).mode & 0o777, 0o600)
  t.equal(readFileSync(other, 'utf8'), 'secret')
})
