import { readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { errorCode, errorMessage, ignoreErrors } from '../../../element-src/lib/base/errors.js'

t.test('a fault that is named passes, and any other is thrown', async (t) => {
  const missing = () => readFileSync('/nowhere/at/all')
  t.equal(ignoreErrors(['ENOENT'], missing), undefined)
  t.throws(() => ignoreErrors(['EACCES'], missing), { code: 'ENOENT' })
  t.throws(() => ignoreErrors(['ENOENT'], () => JSON.parse('{')), SyntaxError)
  t.equal(
    ignoreErrors([], () => 5),
    5,
  )
})

t.test('a message is one line', async (t) => {
  t.equal(errorMessage(new Error('one\n  two\n')), 'one; two')
  t.equal(errorMessage('text'), 'text')
  t.throws(() => writeFileSync('/dev/full', 'text'), { code: 'ENOSPC' })
  try {
    writeFileSync('/dev/full', 'text')
  } catch (error) {
    t.match(errorMessage(error), /^ENOSPC: .*, write: make room where dib builds \(TMP_DIR\), or in the image/)
  }
  t.equal(errorCode('text'), undefined)
  t.equal(errorCode(new Error('x')), undefined)
})
