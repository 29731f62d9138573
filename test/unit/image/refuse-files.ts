import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { refuseFileAt } from '../../../element-src/lib/image/path-in-root.js'

t.test('a file where a folder is needed is refused, by its path in the image', async (t) => {
  const root = t.testdir({ tmp: { pypi: 'a file' }, root: {} })
  symlinkSync('root', join(root, 'home'))
  t.throws(() => refuseFileAt(root, '/tmp/pypi'), {
    message: '/tmp/pypi in the image is not a folder, as the element needs it: remove it in root.d',
  })
  for (const path of ['/root', '/none', '/none/none', '/home']) refuseFileAt(root, path)
})
