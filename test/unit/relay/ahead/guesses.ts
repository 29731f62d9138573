import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs'
import type { ServerResponse } from 'node:http'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t from 'tap'
import { ignoreErrors } from '../../../../element-src/lib/base/errors.js'
import { scratchFolder } from '../../../support/builds/scratch.js'
import {
  agent,
  askMetadata,
  askWheel,
  chainOf,
  clockOf,
  countOf,
  project,
  requiring,
  until,
  wheelOf,
} from '../../../support/relay/ahead.js'
import { ask, at, inFolder, json, openTestRelay as openRelay } from '../../../support/relay/test-relay.js'
import { type Instead, likeWheel, oneAtATime, serveIndex, type Upstream } from '../../../support/relay/upstream.js'

// A guess is dropped when something has no head for two seconds of this tempo, and a busy machine takes longer.
const openTestRelay: typeof openRelay = (t, indexes, more) => openRelay(t, indexes, { tempo: 20, ...more })

const fileOf = (name: string, version?: string): string => `GET /f/${wheelOf(name, version)}`

/** How many times a wheel itself was asked for. */
const timesOf = ({ asked }: Upstream, name: string, version?: string): number =>
  asked.filter((line) => line === fileOf(name, version)).length

/** A page of one wheel, in JSON. */
const pageOf = (path: string): string => {
  const [, name = ''] = /^\/simple\/([^/]+)/.exec(path) ?? []
  const file = { filename: wheelOf(name), url: `/f/${wheelOf(name)}`, hashes: {}, 'core-metadata': true }
  return JSON.stringify({ meta: { 'api-version': '1.1' }, name, files: [file] })
}

/** The names that were given in a folder that is filled. */
const names = (folder: string): readonly string[] => readdirSync(folder).sort()

/** Begins answers for wheels, of a length that is told or not, and ends none. */
const holding = (length?: number) => {
  const held: ServerResponse[] = []
  const instead: Instead = ({ url = '' }, response) => {
    if (!/\.whl$/.test(url)) return undefined
    response.writeHead(200, length === undefined ? {} : { 'Content-Length': length }).write('PK')
    held.push(response)
    return true
  }
  return { held, instead, closed: () => held.filter(({ destroyed }) => destroyed).length }
}

t.test('a wheel whose metadata was asked for is there before it is, and kept once it is asked for', async (t) => {
  const upstream = await serveIndex(t, { ...project('one'), ...project('two') }, requiring({ one: ['two'] }))
  const fill = scratchFolder(t)
  const relay = await openTestRelay(t, [at(upstream.url)], { fill })
  await askMetadata(relay, 'one')
  await until(() => timesOf(upstream, 'one') === 1 && timesOf(upstream, 'two') === 1)
  t.same(names(fill), [], 'a guess has no name')
  t.match(await askWheel(relay, 'one'), { status: 200, isCut: false })
  t.match(await relay.end(), { kept: /^kept 1 new file,/ })
  t.equal(timesOf(upstream, 'one'), 1, 'it came once')
  const kept = names(fill).filter((name) => !name.startsWith('.'))
  t.same(
    kept,
    ['SHA256SUMS', wheelOf('one'), `${wheelOf('one')}.metadata`, 'pypi-files.jsonl'],
    'nothing of the other one is kept',
  )
  for (const name of ['SHA256SUMS', 'pypi-files.jsonl']) t.notMatch(readFileSync(join(fill, name), 'utf8'), 'two')
  t.notMatch(relay.log(), 'two')
})

t.test('an installer that asks for a file that is on its way reads it while it grows', async (t) => {
  const upstream = holding(1_000_000)
  const server = await serveIndex(t, project('one'), requiring({}, upstream.instead))
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  await askMetadata(relay, 'one')
  await until(() => upstream.held.length === 1)
  // The rest is sent when the installer has the beginning.
  const onHead = (): void => {
    upstream.held[0]?.end(Buffer.alloc(999_998))
  }
  const { body, isCut } = await ask(await relay.link('one', wheelOf('one')), { 'User-Agent': agent }, 'GET', onHead)
  t.match({ length: body.length, isCut }, { length: 1_000_000, isCut: false })
  t.equal(timesOf(server, 'one'), 1)
})

t.test('so does one that asks for a file of 300 MB that another one asked for', async (t) => {
  const upstream = holding(300_000_000)
  const server = await serveIndex(t, project('one'), requiring({}, upstream.instead))
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  const link = await relay.link('one', wheelOf('one'))
  for (let i = 0; i < 2; i += 1) {
    const response = await fetch(link)
    const reader = response.body?.getReader()
    t.equal(response.headers.get('content-length'), '300000000')
    t.equal(Buffer.from((await reader?.read())?.value ?? []).toString(), 'PK', 'the first bytes are there')
    t.teardown(() => reader?.cancel().catch(() => undefined))
  }
  t.equal(timesOf(server, 'one'), 1)
})

t.test('a guess that turns out wrong is ended, and there is no second one for its project', async (t) => {
  const upstream = holding()
  const server = await serveIndex(
    t,
    { ...project('one', ['1.0', '0.9', '0.8']), ...project('two') },
    requiring({}, upstream.instead),
  )
  const fill = scratchFolder(t)
  // What is silent for a minute of that tempo is ended as well.
  const relay = await openTestRelay(t, [at(server.url)], { fill })
  await askMetadata(relay, 'one')
  await until(() => upstream.held.length === 1)
  for (const version of ['0.9', '0.8']) await askMetadata(relay, 'one', 0, version)
  await until(() => upstream.closed() === 1)
  await askMetadata(relay, 'two')
  await until(() => timesOf(server, 'two') === 1)
  t.equal(timesOf(server, 'one', '0.9') + timesOf(server, 'one', '0.8'), 0)
  await relay.end()
  t.same(names(fill), [])
  t.equal(relay.log(), '')
})

t.test('no file is fetched ahead after three of five were wrong, but pages are', async (t) => {
  const all = ['a', 'b', 'c', 'd'].map((name) => project(name, ['1.0', '0.9']))
  const server = await serveIndex(t, { ...Object.assign({}, ...all), ...project('later') }, requiring({ d: ['later'] }))
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  for (const name of ['a', 'b', 'c']) {
    await askMetadata(relay, name)
    await until(() => timesOf(server, name) === 1)
    await askMetadata(relay, name, 0, '0.9')
  }
  await askMetadata(relay, 'd')
  await until(() => countOf(server, `${wheelOf('later')}.metadata`) === 1)
  t.equal(timesOf(server, 'd') + timesOf(server, 'later'), 0)
})

t.test(
  'only once a newest release was asked for are those of other pages fetched ahead: constraints may forbid them',
  async (t) => {
    const server = await serveIndex(
      t,
      { ...project('old', ['1.0', '2.0']), ...project('one'), ...project('two'), ...project('three') },
      requiring({ old: ['two'], one: ['three'] }),
    )
    const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
    await askMetadata(relay, 'old')
    await until(() => countOf(server, `${wheelOf('two')}.metadata`) === 1)
    await askMetadata(relay, 'one')
    await until(() => timesOf(server, 'three') === 1)
    t.equal(timesOf(server, 'two'), 0)
  },
)

t.test('at most 8 files are fetched ahead at a time', async (t) => {
  const upstream = holding(2)
  const all = Array.from({ length: 12 }, (_, i) => `p${i}`)
  let isHeld = true
  const server = await serveIndex(
    t,
    Object.assign({}, ...all.map((name) => project(name))),
    requiring({}, (request, response) => {
      if (!isHeld || !/\.whl$/.test(request.url ?? '')) return undefined
      upstream.held.push(response)
      return true
    }),
  )
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  for (const name of all) await askMetadata(relay, name)
  await until(() => upstream.held.length === 8)
  // What an installer asks for does not wait for them.
  t.match(await relay.page('p0'), { status: 200 })
  isHeld = false
  t.match(await askWheel(relay, 'p11'), { status: 200, isCut: false })
  t.equal(upstream.held.length, 8)
  for (const response of upstream.held) response.end('PK')
  await until(() => all.every((name) => timesOf(server, name) === 1))
})

t.test('no file of more than 50 MB is fetched ahead, and no more than 200 MB for which nobody has asked', async (t) => {
  const told = { 'core-metadata': true, size: 51e6 }
  const upstream = holding(45e6)
  const some = Array.from({ length: 6 }, (_, i) => `p${i}`)
  const server = await serveIndex(
    t,
    {
      ...project('told', ['1.0'], told),
      ...project('untold'),
      ...project('unmeasured'),
      ...Object.assign({}, ...some.map((name) => project(name))),
    },
    requiring({}, (request, response) => {
      const isUntold = request.url === `/f/${wheelOf('untold')}`
      if (!isUntold && request.url !== `/f/${wheelOf('unmeasured')}`) return upstream.instead(request, response)
      if (isUntold) response.writeHead(200, { 'Content-Length': 51e6 }).write('PK')
      // One whose length is not told is ended on its way.
      else response.write(Buffer.alloc(51e6))
      upstream.held.push(response)
      return true
    }),
  )
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  await askMetadata(relay, 'told')
  for (const [i, name] of ['untold', 'unmeasured'].entries()) {
    await askMetadata(relay, name)
    await until(() => upstream.closed() === i + 1)
  }
  for (const name of some.slice(0, 5)) {
    await askMetadata(relay, name)
    await until(() => timesOf(server, name) === 1)
  }
  await until(() => upstream.held.length === 7 && upstream.closed() === 3)
  t.equal(timesOf(server, 'told'), 0)
  // What was asked for counts no more, also before it has come.
  const begin = async (name: string): Promise<void> => {
    const link = await relay.link(name, wheelOf(name))
    await new Promise<void>((resolve) => {
      ask(link, { 'User-Agent': agent }, 'GET', resolve)
    })
  }
  await begin('p0')
  await askMetadata(relay, 'p5')
  await until(() => upstream.held.length === 8)
  await begin('p5')
  t.equal(timesOf(server, 'p0') + timesOf(server, 'p5'), 2, 'each is the guess that an installer joins')
})

t.test('a guess waits while a file that was asked for comes from the same server', async (t) => {
  let release = (): void => undefined
  let hasCome = false
  const length = 30_000_000
  const server = await serveIndex(
    t,
    { ...project('asked'), ...project('guess'), ...project('meanwhile') },
    requiring({}, ({ url }, response) => {
      if (url === `/f/${wheelOf('asked')}`) {
        response.writeHead(200, { 'Content-Length': 4 }).write('PK')
        release = () => response.end('..')
        return true
      }
      if (url === `/f/${wheelOf('meanwhile')}`) response.end(Buffer.alloc(length))
      else if (url !== `/f/${wheelOf('guess')}`) return undefined
      else
        response.writeHead(200, { 'Content-Length': length }).end(Buffer.alloc(length), () => {
          hasCome = true
        })
      return true
    }),
  )
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  const asking = new Promise<void>((resolve) => {
    relay.link('asked', wheelOf('asked')).then((link) => ask(link, {}, 'GET', resolve))
  })
  await asking
  await askMetadata(relay, 'guess')
  await until(() => timesOf(server, 'guess') === 1)
  // For longer than it would take.
  t.equal((await askWheel(relay, 'meanwhile')).body.length, length)
  t.notOk(hasCome)
  release()
  await until(() => hasCome)
})

t.test('a server that sends one file at a time sends what was asked for, though a guess was before it', async (t) => {
  const { held, instead } = holding(30_000_000)
  const server = await serveIndex(t, { ...project('asked'), ...project('guess') }, (request, response) => {
    // As python3 -m http.server of old, and what runs on wsgiref.
    response.shouldKeepAlive = false
    return requiring({}, (asked, answer) => (asked.url?.includes('guess') ? instead(asked, answer) : undefined))(
      request,
      response,
    )
  })
  const { port } = await oneAtATime(t, server.port)
  const relay = await openTestRelay(t, [at(`http://127.0.0.1:${port}/simple`)], { fill: scratchFolder(t), tempo: 1 })
  const link = await relay.link('asked', wheelOf('asked'))
  await askMetadata(relay, 'guess')
  await until(() => held.length === 1)
  // A guess that is silent for a minute ends by itself, and no installer waits so long.
  const reply = ask(link, { 'User-Agent': agent }).catch(() => undefined)
  t.match(await Promise.race([reply, pause(40_000, undefined, { ref: false })]), { status: 200, isCut: false })
})

t.test(
  'a server that takes one request at a time serves an installer as it does directly, without anything ahead',
  async (t) => {
    let open = 0
    const names = Array.from({ length: 6 }, (_, i) => `more${i}`)
    const all = { asked: names, ...Object.fromEntries(names.map((name) => [name, []])) }
    const server = await serveIndex(
      t,
      Object.assign({}, ...Object.keys(all).map((name) => project(name))),
      (request, response) => {
        if (open > 0) {
          response.writeHead(429, { 'Retry-After': '1' }).end()
          return true
        }
        open += 1
        response.on('close', () => {
          open -= 1
        })
        const answer = requiring(all)
        setTimeout(() => {
          if (answer(request, response)) return
          response.writeHead(200, { 'Content-Type': json }).end(pageOf(request.url ?? ''))
        }, 50)
        return true
      },
    )
    const relay = await openTestRelay(t, [at(server.url)])
    t.match(await askMetadata(relay, 'asked'), { status: 200 })
    // Others are on their way ahead.
    for (const name of [...names].reverse()) {
      t.match(await relay.page(name), { status: 200 }, name)
      t.match(await askMetadata(relay, name), { status: 200 }, name)
    }
  },
)

/** The lengths of the files in a folder that this process has open. */
const openIn = (folder: string): readonly number[] =>
  readdirSync('/proc/self/fd').flatMap((n) => {
    const path = `/proc/self/fd/${n}`
    return (
      ignoreErrors(['ENOENT'], () => (readlinkSync(path).startsWith(`${folder}/`) ? [statSync(path).size] : [])) ?? []
    )
  })

t.test('a guess that fails, breaks off or hangs harms nobody, and is not in the log', async (t) => {
  /** What its server does, and how long its file is then; it is closed when the guess has ended. */
  const faults: Readonly<Record<string, readonly [fault: (response: ServerResponse) => unknown, length?: number]>> = {
    breaks: [
      (response) => {
        response.writeHead(200, { 'Content-Length': 1000, 'Accept-Ranges': 'none' })
        response.write('PK', () => response.destroy())
      },
    ],
    hangs: [() => undefined, 0],
    stops: [(response) => response.writeHead(200, { 'Content-Length': 1000 }).write('PK'), 2],
    fails: [(response) => response.writeHead(500).end()],
  }
  const setClock = clockOf(t)
  for (const [name, [fault, length]] of Object.entries(faults)) {
    let guess: ServerResponse | undefined
    const server = await serveIndex(
      t,
      project(name),
      requiring({}, ({ url = '' }, response) => {
        if (guess !== undefined || !/whl$/.test(url)) return undefined
        guess = response
        return true
      }),
    )
    const [indexes, fill] = [[at(server.url), at(server.url)], scratchFolder(t)]
    const relay = await openTestRelay(t, indexes, { fill })
    await askMetadata(relay, name)
    await until(() => guess !== undefined && openIn(fill).length === 1)
    if (guess !== undefined) fault(guess)
    await until(() => `${openIn(fill)}` === `${length ?? ''}`)
    // An installer does not join one that was silent for 5 seconds of it.
    setClock(101)
    t.match(await askWheel(relay, name), { status: 200, isCut: false }, name)
    t.equal(relay.log(), '', name)
    setClock(0)
  }
})

t.test('where an index has no metadata beside its wheels, that of one that came leads on', async (t) => {
  const wheels = chainOf(join(scratchFolder(t), 'wheels'), 'one', 'two', 'three')
  const server = await serveIndex(t, wheels)
  const relay = await openTestRelay(t, [at(server.url)], { fill: scratchFolder(t) })
  await askWheel(relay, 'one')
  await until(() => timesOf(server, 'three') === 1)
  for (const name of ['two', 'three']) t.match(await askWheel(relay, name), { status: 200 })
  for (const line of new Set(server.asked)) t.equal(countOf(server, line), 1, `${line} once`)
})

t.test('a wheel that an earlier build kept leads on, and nothing is noted of what is guessed', async (t) => {
  for (const [i, hasMetadata] of [
    [0, false],
    [0, true],
    // The folder is an index as well, and pip takes a file that all have from the last.
    [1, false],
  ] as const) {
    const fill = scratchFolder(t)
    const wheels = Object.entries(chainOf(fill, 'one', 'two', 'three', 'four'))
    rmSync(join(fill, wheelOf('three')))
    const told = wheels.map(([name, files]) => [
      name,
      files.map((file) => ({ ...file, more: { 'core-metadata': hasMetadata } })),
    ])
    const server = await serveIndex(t, Object.fromEntries(told), requiring({ one: ['two'], two: ['three'] }))
    const relay = await openTestRelay(t, [at(server.url), inFolder(fill, { isFilled: true })], { fill, mirror: fill })
    t.match(await ask(await relay.link('one', wheelOf('one'), i), { 'User-Agent': agent }), { status: 200 })
    // By way of two, which nobody asks for.
    await until(() => countOf(server, '/simple/three/') === 1)
    await relay.end()
    t.equal(timesOf(server, 'one') + timesOf(server, 'two'), 0)
    const facts = join(fill, 'pypi-files.jsonl')
    t.notMatch(existsSync(facts) ? readFileSync(facts, 'utf8') : '', 'two')
  }
})

t.test('files are fetched ahead by the rules of a mirrors file, and not under a lock', async (t) => {
  const all = { ...project('one'), ...project('own'), ...project('hidden'), ...project('two') }
  const instead = requiring({ one: ['own', 'hidden', 'two'] })
  const [own, other] = [await serveIndex(t, all, instead), await serveIndex(t, all, instead)]
  const indexes = [at(own.url, { projects: ['own'] }), at(other.url, { exclude: ['hidden'] })]
  const fill = scratchFolder(t)
  const relay = await openTestRelay(t, indexes, { fill })
  await askMetadata(relay, 'one', 1)
  await until(() => timesOf(own, 'own') === 1 && timesOf(other, 'two') === 1)
  t.equal(own.asked.filter((line) => !line.includes('own')).length, 0)
  t.equal(countOf(other, 'own') + countOf(other, 'hidden'), 0)

  const content = likeWheel(1000)
  const free = await serveIndex(t, { ...project('one'), ...project('two') }, instead)
  const arrival = { project: 'one', name: wheelOf('one'), sha256: '0'.repeat(64), size: content.length, mirror: '' }
  const locked = await openTestRelay(t, [at(free.url)], { fill, lock: [arrival] })
  await ask(`${locked.base}/1-lock/files/one/${wheelOf('one')}`, { 'User-Agent': agent })
  t.equal(countOf(free, 'two'), 0)
})
