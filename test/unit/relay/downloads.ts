import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { fileAt, unnamedFile } from '../../../element-src/lib/relay/store/growing-file.js'
import { scratchFolder } from '../../support/builds/scratch.js'
import { project, until, wheelOf } from '../../support/relay/ahead.js'
import { ask, at, openTestRelay } from '../../support/relay/test-relay.js'
import { type Instead, likeWheel, sendPart, serveIndex, sha256 } from '../../support/relay/upstream.js'

const wheel = 'demo_app-1.0-py3-none-any.whl'
const content = likeWheel(1_000_000)

const isFile = (path = ''): boolean => path.startsWith('/f/')

t.test('many who ask for one file that is kept have it from one download, as it comes', async (t) => {
  let go = (): void => undefined
  const instead: Instead = ({ url }, response) => {
    if (!isFile(url)) return undefined
    response.writeHead(200, { 'Content-Length': content.length }).write(content.subarray(0, 400_000))
    go = () => response.end(content.subarray(400_000))
    return true
  }
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] }, instead)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: scratchFolder(t) })
  const link = await relay.link('demo-app', wheel)
  let begun = 0
  // When all have the beginning, the rest is sent.
  const onHead = (): void => {
    begun += 1
    if (begun === 50) go()
  }
  const replies = Promise.all(Array.from({ length: 50 }, () => ask(link, {}, 'GET', onHead)))
  t.ok(
    (await replies).every(({ body }) => body.equals(content)),
    'all have all of it',
  )
  t.equal(upstream.asked.filter((path) => path.includes('/f/')).length, 1, 'one download')
})

t.test('a file whose hash is wrong is passed on, as installers see it by themselves, and not kept', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content, sha256: sha256('other') }] })
  const folder = scratchFolder(t)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
  t.ok((await ask(await relay.link('demo-app', wheel))).body.equals(content))
  await relay.end()
  t.match(
    relay.log(),
    /^pypi: warning: demo_app-1\.0\S+ of \S+ is not kept, .*: its hash is not the one that the index names$/m,
  )
  t.same(readdirSync(folder), [], 'nothing is kept')
})

t.test('a page of HTML, or nothing, in place of a wheel is passed on and not kept', async (t) => {
  for (const sent of [Buffer.from('<!DOCTYPE html>\n<title>Please log in</title>'), Buffer.alloc(0)]) {
    const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content: sent, sha256: undefined }] })
    const folder = scratchFolder(t)
    const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
    t.ok((await ask(await relay.link('demo-app', wheel))).body.equals(sent))
    await relay.end()
    t.match(relay.log(), /is not kept, .*: what was sent is not a wheel or an sdist$/m)
    t.same(readdirSync(folder), [])
  }
})

/** Sends no more than so many bytes of each answer, then breaks the connection. */
const cutting =
  (length: number, { ranges = true, etag = true } = {}): Instead =>
  (request, response) => {
    if (!isFile(request.url)) return undefined
    if (!ranges) delete request.headers.range
    const [, first = '0'] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
    const rest = content.subarray(Number(first))
    const isLast = rest.length <= length
    response.writeHead(first === '0' ? 200 : 206, {
      'Content-Length': rest.length,
      ...(first === '0' ? {} : { 'Content-Range': `bytes ${first}-${content.length - 1}/${content.length}` }),
      ...(etag ? { ETag: '"one"' } : {}),
    })
    if (isLast) response.end(rest)
    else response.write(rest.subarray(0, length), () => setTimeout(() => response.destroy(), 20))
    return true
  }

t.test('a file that is cut off is fetched on from there', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] }, cutting(400_000))
  const relay = await openTestRelay(t, [at(upstream.url)])
  t.ok((await ask(await relay.link('demo-app', wheel))).body.equals(content))
  const ranges = upstream.requests
    .filter(({ url }) => isFile(url))
    .map(({ headers }) => [headers.range, headers['if-range']])
  t.match(ranges, [
    [undefined, undefined],
    [/^bytes=\d+-$/, '"one"'],
    [/^bytes=\d+-$/, '"one"'],
  ])
  t.equal(relay.log(), '', 'and the log says nothing')
})

t.test('the rest of a file comes in as many parts as its server likes, if they are of that file', async (t) => {
  const get = async (etag: string, answer: (from: number) => readonly [from: number, to: number]) => {
    const whole = cutting(400_000, { etag: false })
    const instead: Instead = (request, response) => {
      if (!isFile(request.url)) return undefined
      response.setHeader('ETag', etag)
      const [, first] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? []
      if (first === undefined) return whole(request, response)
      const [from, to] = answer(Number(first))
      const part = { 'Content-Length': to - from, 'Content-Range': `bytes ${from}-${to - 1}/${content.length}` }
      response.writeHead(206, part).end(content.subarray(from, to))
      return true
    }
    const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content, sha256: undefined }] }, instead)
    const relay = await openTestRelay(t, [at(upstream.url)])
    return ask(await relay.link('demo-app', wheel))
  }
  const pieces = (from: number) => [from, Math.min(from + 300_000, content.length)] as const
  t.ok((await get('"one"', pieces)).body.equals(content))
  t.ok((await get('W/"one"', pieces)).isCut, 'a weak ETag does not say that the bytes are the same')
  t.ok((await get('"one"', () => [0, content.length])).isCut, 'one that begins elsewhere is not the rest')
})

t.test('from a server without parts, the installer sees that it breaks off', async (t) => {
  const instead = cutting(400_000, { ranges: false, etag: false })
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] }, instead)
  const relay = await openTestRelay(t, [at(upstream.url)])
  t.ok((await ask(await relay.link('demo-app', wheel))).isCut)
  t.match(relay.log(), /^pypi: warning: \S+ breaks the connection off, asked for demo_app-1\.0\S+$/m)
})

t.test('one that changed meanwhile is not joined to what came before', async (t) => {
  let times = 0
  const instead: Instead = (request, response) => {
    if (!isFile(request.url)) return undefined
    times += 1
    if (times === 1) return cutting(400_000)(request, response)
    sendPart({ ...request, headers: {} } as typeof request, response, randomBytes(content.length))
    return true
  }
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content, sha256: undefined }] }, instead)
  const relay = await openTestRelay(t, [at(upstream.url)])
  t.ok((await ask(await relay.link('demo-app', wheel))).isCut)
  t.match(relay.log(), /breaks the connection off, asked for demo_app/)
})

t.test('who has gone stops a download that is not kept, and not one that is', async (t) => {
  const { request } = await import('node:http')
  for (const fill of [false, true]) {
    const open: ServerResponse[] = []
    const instead: Instead = ({ url }, response) => {
      if (!isFile(url)) return undefined
      response.writeHead(200, { 'Content-Length': content.length }).write(content.subarray(0, 100_000))
      open.push(response)
      return true
    }
    const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] }, instead)
    const folder = join(t.testdir({}), String(fill))
    mkdirSync(folder, { recursive: true })
    const relay = await openTestRelay(t, [at(upstream.url)], fill ? { fill: folder } : {})
    const link = await relay.link('demo-app', wheel)
    await new Promise<void>((resolve) => {
      const sent = request(link, { agent: false }, (response) => {
        response.once('data', () => sent.destroy())
        response.on('error', () => undefined).on('close', resolve)
      })
      sent.on('error', () => undefined).end()
    })
    const [response] = open
    if (fill) {
      response?.end(content.subarray(100_000))
      while (!existsSync(join(folder, wheel))) await new Promise((go) => setTimeout(go, 20))
      t.ok(readFileSync(join(folder, wheel)).equals(content), 'it is kept')
    } else {
      if (!response?.destroyed) await new Promise((resolve) => response?.on('close', resolve))
      t.pass('the upstream is let go')
    }
    t.equal(relay.log(), '')
  }
})

t.test('a file that nobody reads any more is given up when its server is silent', async (t) => {
  const gone = new AbortController()
  let isEnded: Promise<unknown> | undefined
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] }, ({ url }, response) => {
    if (!isFile(url)) return undefined
    isEnded = once(response, 'close')
    response.writeHead(200, { 'Content-Length': content.length }).write(content.subarray(0, 1000))
    return true
  })
  const folder = scratchFolder(t)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder, tempo: 0.001 })
  const reply = await fetch(await relay.link('demo-app', wheel), { signal: gone.signal })
  await reply.body?.getReader().read()
  gone.abort()
  await isEnded
  t.notOk(existsSync(join(folder, wheel)))
})

t.test('a file of the folder whose hash is right is not fetched again', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: wheel, content }] })
  const folder = scratchFolder(t)
  writeFileSync(join(folder, wheel), content)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
  const reply = await ask(await relay.link('demo-app', wheel), { Range: 'bytes=5-' })
  t.ok(reply.status === 206 && reply.body.equals(content.subarray(5)))
  t.notOk(upstream.asked.some((path) => path.includes('/f/')))
})

t.test('what is on its way cannot be read by other users', async (t) => {
  const path = join(t.testdir({}), 'file')
  const file = fileAt(path)
  await file.write(Buffer.from('x'), 0)
  t.equal(statSync(path).mode & 0o777, 0o600)
  await file.remove()
})

t.test(
  'a file that is to have no name loses it at once where its file system does not know such files, as NFS',
  async (t) => {
    const { open } = promises
    t.teardown(() => {
      promises.open = open
      syncBuiltinESMExports()
    })
    const opened: string[] = []
    promises.open = (path, flags, mode) => {
      if (Number(flags) & 0o20000000) return Promise.reject(Object.assign(new Error(), { code: 'EOPNOTSUPP' }))
      opened.push(`${path}`)
      return open(path, flags, mode)
    }
    syncBuiltinESMExports()
    const folder = t.testdir({})
    const file = unnamedFile(join(folder, '.pypi-relay-1'))
    await file.write(Buffer.from('text'), 0)
    t.same(readdirSync(folder), [])
    t.equal((await file.read(0, 4, Buffer.alloc(4))).toString(), 'text')
    await file.settle()
    t.equal(readFileSync(file.path, 'utf8'), 'text')
    await file.remove()
    t.same(opened, [file.path, file.path])
  },
)

t.test('a download that is asked for after the relay was told to end is stopped', async (t) => {
  const held: ServerResponse[] = []
  const upstream = await serveIndex(t, { ...project('one'), ...project('two') }, ({ url = '' }, response) => {
    if (!/one.*metadata$|two.*whl$/.test(url)) return undefined
    held.push(response)
    return true
  })
  const relay = await openTestRelay(t, [at(upstream.url)], { fill: scratchFolder(t), ahead: false })
  const [one, two] = [await relay.link('one', wheelOf('one')), await relay.link('two', wheelOf('two'))]
  await ask(one)
  await until(() => held.length === 1)
  // It waits for what is still to be kept of the first one.
  let hasEnded = false
  const end = relay.end().then(() => {
    hasEnded = true
  })
  await ask(two).catch(() => undefined)
  t.notOk(hasEnded)
  held[0]?.end('Metadata-Version: 2.1\n')
  await end
})
