import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import t from 'tap'
import { watchBuild } from '../../../element-src/lib/base/watch-build.js'

t.test('where too many files are open, nothing says that the build has ended', { timeout: 30_000 }, async (t) => {
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
