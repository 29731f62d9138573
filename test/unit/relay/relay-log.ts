import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { newRelayLog } from '../../../element-src/lib/base/log.js'

t.test('what a server sends steers no terminal and begins no line, and a fault is said once', async (t) => {
  const file = join(t.testdir({ log: '' }), 'log')
  const log = newRelayLog(file)
  log.warn('a \u001b[2Jserver\r\npypi: error: says')
  for (const line of ['one', 'two', 'one']) log.once(line)
  t.equal(
    readFileSync(file, 'utf8'),
    'pypi: warning: a  [2Jserver pypi: error: says\npypi: warning: one\npypi: warning: two\n',
  )
})
