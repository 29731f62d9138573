import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { UserError } from '../../../element-src/lib/base/errors.js'
import { readJson, writeJson } from '../../../element-src/lib/image/stage.js'

t.test('what is written for a later hook is read by it, and by no other user', async (t) => {
  const path = join(t.testdir(), 'settings.json')
  writeJson(path, { indexes: ['http://user:secret@mirror.example/'] })
  t.same(readJson(path), { indexes: ['http://user:secret@mirror.example/'] })
  t.equal(statSync(path).mode & 0o777, 0o600)
})

t.test('what is not there or empty has no value, and what is damaged is said without its content', async (t) => {
  const folder = t.testdir({ empty: '' })
  for (const name of ['none', 'empty', 'empty/below']) t.equal(readJson(join(folder, name)), undefined)
  const path = join(folder, 'damaged')
  for (const text of ['{"url":"http://user:secret', 'secret', '{"a":1}secret']) {
    writeFileSync(path, text)
    t.throws(() => readJson(path), new UserError(`${path} is damaged, perhaps because no space was left: build again`))
  }
})
