import t from 'tap'
import { entryInRoot, lstatInRoot } from '../../../element-src/lib/image/path-in-root.js'

t.test('a path in the image, seen from the host', async (t) => {
  const root = t.testdir({
    tmp: { file: '' },
    away: t.fixture('symlink', '/etc'),
    inside: { up: t.fixture('symlink', '../tmp') },
  })
  t.equal(lstatInRoot(root, '/tmp')?.isDirectory(), true)
  t.equal(lstatInRoot(root, '/')?.isDirectory(), true)
  t.equal(lstatInRoot(root, '/tmp/pypi/deeper'), undefined)
  t.equal(lstatInRoot(root, '/tmp/file/deeper'), undefined)
  for (const path of ['/away', '/away/passwd', '/inside/up', '/inside/up/file']) {
    t.throws(() => lstatInRoot(root, path), { message: /in the image is a symbolic link, which could lead/ })
    t.equal(entryInRoot(root, path), undefined)
  }
  t.equal(entryInRoot(root, '/tmp/file')?.isFile(), true)
  t.equal(entryInRoot(root, '/tmp/file/deeper'), undefined)
})
