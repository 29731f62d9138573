import { type ChildProcess, spawn } from 'node:child_process'
import { copyFileSync, existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { project } from '../../../build/project.js'
import { ignoreErrors } from '../../../element-src/lib/base/errors.js'
import { scratchFolder } from '../../support/builds/scratch.js'
import { agent, requiring, project as sample, until, wheelOf } from '../../support/relay/ahead.js'
import { ask, at, inFolder } from '../../support/relay/test-relay.js'
import { likeSdist, likeWheel, serveIndex } from '../../support/relay/upstream.js'

const sdist = likeSdist(100)

interface Started {
  readonly relay: ChildProcess
  readonly ended: Promise<number | null>
  readonly answer: {
    readonly control: string
    readonly indexes: readonly { readonly url: string }[]
    readonly error?: string
  }
}

const startTimeOf = (pid: number): string =>
  readFileSync(`/proc/${pid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')[19] ?? ''

/** Starts the relay as extra-data.d does, with so many files at most, and waits until it closes its standard output. */
const start = async (t: Test, input: string, files = 'hard'): Promise<Started> => {
  // Outside of the project, whose package.json would make it an ES module.
  const program = join(scratchFolder(t), 'pypi-relay')
  copyFileSync(join(project, 'elements/pypi/pypi-relay/pypi-relay'), program)
  const relay = spawn('/bin/sh', ['-c', `ulimit -n ${files}; exec /bin/sh "$@"`, 'sh', program, process.execPath], {
    cwd: '/',
    detached: true,
    env: { PATH: process.env['PATH'] },
    stdio: 'pipe',
  })
  const ended = new Promise<number | null>((resolve) => relay.on('exit', resolve))
  t.teardown(() => relay.kill('SIGKILL'))
  let text = ''
  relay.stdout.setEncoding('utf8').on('data', (more: string) => {
    text += more
  })
  const closed = [relay.stdout, relay.stderr].map(
    (stream) => new Promise((resolve) => stream.resume().on('close', resolve)),
  )
  relay.stdin.on('error', () => undefined).end(input)
  await Promise.all(closed)
  t.match(text, /^[^\n]+\n$/, 'it says one line')
  return { relay, ended, answer: JSON.parse(text) }
}

/** A process that stands for disk-image-create. */
const startBuild = (t: Test): { build: ChildProcess; process: { pid: number; startTime: string } } => {
  const build = spawn('sleep', ['100'], { stdio: 'ignore' })
  t.teardown(() => build.kill('SIGKILL'))
  const pid = build.pid ?? 0
  return { build, process: { pid, startTime: startTimeOf(pid) } }
}

const config = (indexes: readonly unknown[], build: unknown, logFile: string, more = {}): string =>
  JSON.stringify({
    indexes,
    environment: {},
    unreachable: 'drop',
    trustedHosts: [],
    build,
    logFile,
    ...more,
  })

t.test('it answers one line, holds no pipe, and ends when the build was killed', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: 'demo_app-1.0.tar.gz', content: sdist }] })
  const { build, process } = startBuild(t)
  const folder = t.testdir({ mirror: {}, log: '' })
  const log = join(folder, 'log')
  const index = at(upstream.url.replace('//', '//user:secret@'))
  const { relay, ended, answer } = await start(
    t,
    config([index, index], process, log, { fill: join(folder, 'mirror') }),
  )
  const [, origin = '', control] = /^(http:\/\/127\.0\.0\.1:\d+)\/([\w-]{22,})\/$/.exec(answer.control) ?? []
  const [, secret = ''] = /^http:[^/]*\/\/[^/]+\/([\w-]{22,})\//.exec(answer.indexes[0]?.url ?? '') ?? []
  t.not(secret, control, 'installers do not know what ends the relay')
  t.same(
    answer.indexes.map(({ url }) => url),
    [1, 2].map((n) => `${origin}/${secret}/${n}-127.0.0.1/simple`),
    'which name the host',
  )
  const { body } = await ask(`${answer.indexes[1]?.url}/demo-app/`, { Accept: 'text/html' })
  const [, href = ''] = /href="([^"#]+)/.exec(body.toString()) ?? []
  t.equal((await ask(new URL(href, `${answer.indexes[1]?.url}/demo-app/`).href)).body.length, 100)

  const proc = `/proc/${relay.pid}`
  t.notMatch(readFileSync(`${proc}/cmdline`, 'utf8') + readFileSync(`${proc}/environ`, 'utf8'), /secret|127\.0\.0\.1/)
  t.equal(readlinkSync(`${proc}/cwd`), '/')
  t.same(
    [0, 1, 2].map((n) => readlinkSync(`${proc}/fd/${n}`)),
    ['/dev/null', '/dev/null', '/dev/null'],
  )
  const openInFolder = (): readonly string[] =>
    readdirSync(`${proc}/fd`)
      .map((n) => ignoreErrors(['ENOENT'], () => readlinkSync(`${proc}/fd/${n}`)) ?? '')
      .filter((path) => path.startsWith(folder))
  // The client has its bytes a moment before the file is kept.
  for (let tries = 0; openInFolder().length > 0 && tries < 100; tries += 1) await pause(50)
  t.same(openInFolder(), [], 'once the file is kept, it holds neither the log nor the folder open')
  build.kill('SIGKILL')
  t.equal(await ended, 0)
  t.same(readdirSync(join(folder, 'mirror')).sort(), ['SHA256SUMS', 'demo_app-1.0.tar.gz', 'pypi-files.jsonl'])
  t.match(
    readFileSync(log, 'utf8'),
    `pypi: kept 1 new file, 1 KB, in ${folder}/mirror: an offline build can use them\n`,
  )
})

t.test('kill -9 in the middle of a guess leaves nothing of it in the folder that is filled', async (t) => {
  const upstream = await serveIndex(
    t,
    { ...sample('kept'), ...sample('guess') },
    requiring({}, ({ url }, response) => {
      if (url !== `/f/${wheelOf('guess')}`) return undefined
      response.writeHead(200, { 'Content-Length': 1_000_000 }).write(likeWheel(100_000))
      return true
    }),
  )
  const folder = t.testdir({})
  const { relay, ended, answer } = await start(
    t,
    config([at(upstream.url)], startBuild(t).process, '/dev/null', { fill: folder, tempo: 20 }),
  )
  const path = (name: string): string =>
    new URL(`../../files/${name}/${wheelOf(name)}`, `${answer.indexes[0]?.url}/${name}/`).href
  t.equal((await ask(path('kept'), { 'User-Agent': agent })).status, 200)
  t.equal((await ask(`${path('guess')}.metadata`, { 'User-Agent': agent })).status, 200)
  const records = ['SHA256SUMS', 'pypi-files.jsonl']
  const all = [...records, wheelOf('kept'), `${wheelOf('kept')}.metadata`].sort()
  const open = `/proc/${relay.pid}/fd`
  const isStored = (n: string): boolean =>
    (ignoreErrors(['ENOENT'], () => readlinkSync(join(open, n))) ?? '').endsWith('(deleted)') &&
    (ignoreErrors(['ENOENT'], () => statSync(join(open, n)))?.size ?? 0) >= 1000
  const isReady = (): boolean =>
    all.every((name) => existsSync(join(folder, name))) &&
    readFileSync(join(folder, 'SHA256SUMS'), 'utf8').split('\n').length === 3
  await until(() => isReady() && readdirSync(open).some(isStored))
  relay.kill('SIGKILL')
  await ended
  t.same(readdirSync(folder).sort(), all)
  for (const name of records) t.notMatch(readFileSync(join(folder, name), 'utf8'), 'guess')
})

t.test('a build that has ended and is a zombie, or another process with its number, has ended', async (t) => {
  const zombie = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 100'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => zombie.kill('SIGKILL'))
  const pid = Number(await new Promise((resolve) => zombie.stdout.once('data', resolve)))
  const first = await start(t, config([inFolder('/nowhere')], { pid, startTime: startTimeOf(pid) }, '/dev/null'))
  t.equal(await first.ended, 0)
  const { process } = startBuild(t)
  const second = await start(t, config([inFolder('/nowhere')], { ...process, startTime: '1' }, '/dev/null'))
  t.equal(await second.ended, 0)
})

t.test('it ends on SIGTERM, and on POST to end', async (t) => {
  const { process } = startBuild(t)
  const first = await start(t, config([inFolder('/nowhere')], process, '/dev/null'))
  first.relay.kill('SIGTERM')
  t.equal(await first.ended, 0)
  const second = await start(t, config([inFolder('/nowhere')], process, '/dev/null'))
  t.match(JSON.parse((await ask(second.answer.control, {}, 'POST')).body.toString()), { kept: undefined })
  t.equal(await second.ended, 0)
})

t.test('4,096 connections of another process, where few files may be open, do not end it', async (t) => {
  const upstream = await serveIndex(t, { 'demo-app': [{ name: 'demo_app-1.0.tar.gz', content: sdist }] })
  const { build, process } = startBuild(t)
  const { relay, ended, answer } = await start(t, config([at(upstream.url)], process, '/dev/null'), '128')
  const open = (): number => readdirSync(`/proc/${relay.pid}/fd`).length
  const { hostname, port } = new URL(answer.control)
  const sockets = Array.from({ length: 4096 }, () => connect(Number(port), hostname).on('error', () => undefined))
  while (open() < 128) await pause(50)
  // It looks for the build each second.
  await pause(2500)
  // For a moment there is one fewer: libuv closes it to refuse what it cannot accept.
  while (open() < 128) await pause(5)
  t.equal(relay.exitCode, null)
  for (const socket of sockets) socket.destroy()
  while (open() > 100) await pause(50)
  t.equal((await ask(answer.control)).status, 200)
  t.equal((await ask(`${answer.indexes[0]?.url}/demo-app/`)).status, 200)
  build.kill('SIGKILL')
  t.equal(await ended, 0)
})

t.test('a configuration that it cannot read is refused, without a credential in the message', async (t) => {
  const { process } = startBuild(t)
  const file = join(t.testdir({ file: '' }), 'file')
  writeFileSync(file, '')
  for (const [input, error] of [
    ['{"secret', /is not JSON/],
    [config([inFolder('/nowhere')], process, '/dev/null', { fill: file }), /ENOTDIR/],
  ] as const) {
    const { answer, ended } = await start(t, input)
    t.match(answer.error, error)
    t.notMatch(answer.error, 'secret')
    t.equal(await ended, 1)
  }
})
