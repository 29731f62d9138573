import { readFileSync } from 'node:fs'
import t from 'tap'
import { mountArguments } from '../../../element-src/lib/image/mounts.js'

t.test('the mounts of a build are written as fstab(5) has them, whatever is in their paths', async (t) => {
  const table = mountArguments(t.testdir({}), [
    { source: '/srv/a b', target: '/x/ü\t#\\' },
    { source: '/node', target: '/y', isWritable: true },
  ]).at(-1)
  t.equal(
    readFileSync(table ?? '', 'utf8'),
    '/srv/a\\040b /x/\\303\\274\\011\\043\\134 none bind,private,ro,X-mount.mkdir 0 0\n' +
      '/node /y none bind,private,rw,X-mount.mkdir 0 0\n',
  )
})
