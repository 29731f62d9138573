import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { readMirrorsFile } from '../../../../element-src/lib/settings/mirrors-file/read-mirrors-file.js'

t.test('a command for a password has the environment of the caller, and its standard error is not shown', async (t) => {
  const folder = t.testdir({ open: 'secret\nnote\n' })
  const file = join(folder, 'mirrors.ini')
  const read = (line: string) => {
    writeFileSync(file, `[corp]\nurl = https://corp.example/\nusername = me\n${line}\n`)
    const { indexes, warnings, passwordVariables } = readMirrorsFile(file, [], { TOKEN: 'of caller' }, new Date())
    return { password: indexes[0]?.credentials?.password, warnings, passwordVariables }
  }
  t.equal(read('password-command = printf %s "$TOKEN"').password, 'of caller')
  t.equal(read('password-command = readlink /proc/self/fd/2').password, '/dev/null')
  t.same(read('password-env = TOKEN'), { password: 'of caller', warnings: [], passwordVariables: ['TOKEN'] })
  const open = join(folder, 'open')
  chmodSync(open, 0o600)
  t.same(read('password-file = open'), { password: 'secret', warnings: [], passwordVariables: [] })
  chmodSync(open, 0o604)
  t.match(read('password-file = open').warnings, [`${open} holds a password, and every user of this host can read it`])
})

t.test('a mirrors file with a password in it that every user can read is named', async (t) => {
  const file = join(t.testdir({ 'mirrors.ini': '[corp]\nurl = https://me:secret@corp.example/\n' }), 'mirrors.ini')
  const warnings = () => readMirrorsFile(file, [], {}, new Date()).warnings
  chmodSync(file, 0o600)
  t.same(warnings(), [])
  chmodSync(file, 0o604)
  t.match(warnings(), [/line 2: url in \[corp\] has a password, and every user of this host can read it: chmod o-r/])
})
