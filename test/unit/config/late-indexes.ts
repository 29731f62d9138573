import t from 'tap'
import { lateIndexes, namedIndexes } from '../../../element-src/lib/config/warnings.js'

const asked = (...[format, text]: Parameters<typeof namedIndexes>) =>
  [...namedIndexes(format, text)].flatMap(([url, isAsked]) => (isAsked ? [url] : []))

t.test('the indexes that a file names, without passwords, and which of them pip does not ask', async (t) => {
  const pip =
    '[global]\npypi-url = http://u:secret@a\nproxy = http://p\nfind-links = /srv\n[install]\nextra_index_url =\n  http://b\n  http://c\n'
  t.same(Object.fromEntries(namedIndexes('pip', pip)), {
    'http://u:****@a': false,
    '/srv': true,
    'http://b': true,
    'http://c': true,
  })
  t.same(asked('setuptools', '[easy_install]\nindex_url = http://a\n'), ['http://a'])
  const uv = 'index-url = "http://a"\n[pip]\nfind-links = ["/srv"]\n[[index]]\nname = "x"\nurl = "http://b"\n'
  t.same(asked('uv', uv), ['http://a', '/srv', 'http://b'])
  t.same(asked('uv', 'not toml'), [])
})

t.test('an index that another element set meanwhile is named, and one that was there before is not', async (t) => {
  const root = t.testdir({ etc: { 'pip.conf': '[install]\nindex-url = http://me:hidden@late\nfind-links = /srv\n' } })
  const others = [{ path: '/etc/pip.conf', format: 'pip', own: '[install]\nfind-links = /srv\n' }] as const
  const nothing = { files: [], folders: [], mountPoints: [], madeFolders: [], touchedFolders: [] }
  t.match(lateIndexes(root, { ...nothing, others }), [
    /^another element set http:\/\/me:\*{4}@late in \/etc\/pip\.conf/,
  ])
})
