import { spawn } from 'node:child_process'
import { once } from 'node:events'
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { setTimeout as pause } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { type Process, statOf, watchBuild } from '../../../element-src/lib/base/build.js'

t.test('where too many files are open, nothing says that the build has ended', { timeout: 600_000 }, async (t) => {
  const read = fs.readFileSync
  t.teardown(() => {
    fs.readFileSync = read
    syncBuiltinESMExports()
  })
  const answers = ['EMFILE', 'ENFILE', 'EACCES', 'ENOENT']
  const given: string[] = []
  fs.readFileSync = ((path: string, ...rest: []) => {
    if (path !== '/proc/0/stat') return read(path, ...rest)
    const code = answers[given.length] ?? 'ENOENT'
    given.push(code)
    throw Object.assign(new Error(code), { code })
  }) as typeof read
  syncBuiltinESMExports()
  await new Promise<void>((resolve) => watchBuild({ pid: 0, startTime: '1' }, resolve))
  t.same(given, answers, 'it has ended when it is not there')
})

const ends = (t: Test, build: Process): Promise<void> =>
  new Promise((resolve) => t.teardown(watchBuild(build, resolve)))

t.test('a build that nobody has waited for has ended, and so has one whose number another process has', async (t) => {
  // What the shell becomes waits for nothing that the shell started.
  const parent = spawn('sh', ['-c', 'sleep 0.2 & echo $!; exec sleep 600'], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.teardown(() => parent.kill('SIGKILL'))
  const [first] = await once(parent.stdout, 'data')
  const pid = Number(first)
  while (statOf(pid)[0] !== 'Z') await pause(20)
  await ends(t, { pid, startTime: statOf(pid)[19] ?? '' })
  await ends(t, { pid: process.pid, startTime: '1' })
})
