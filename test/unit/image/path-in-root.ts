import t from 'tap'
import { entryInRoot, lstatInRoot, resolveLinks } from '../../../element-src/lib/image/path-in-root.js'

t.test('a path in the image is found from the host, and one with a link is refused', async (t) => {
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

t.test('a link in the image is followed within the image, whoever looks', async (t) => {
  const root = t.testdir({
    usr: { lib: { node_modules: t.fixture('symlink', 'node_modules_22'), absolute: t.fixture('symlink', '/etc/x') } },
    up: t.fixture('symlink', '../../../etc'),
    loop: t.fixture('symlink', 'loop'),
  })
  t.equal(
    resolveLinks('/usr/lib/node_modules', root),
    '/usr/lib/node_modules_22',
    'as on Fedora 41 to 43, there or not',
  )
  t.equal(resolveLinks('/usr/lib/absolute/deeper', root), '/etc/x/deeper')
  t.equal(resolveLinks('/up/passwd', root), '/etc/passwd')
  t.throws(() => resolveLinks('/loop', root), { message: /is a link that leads to itself/ })
})
