import t from 'tap'
import { lateIndexes, namedIndexes } from '../../../element-src/lib/config/warnings.js'

t.test('the indexes that a file names, without passwords, and which of them pip does not ask', async (t) => {
  const pip =
    '[global]\npypi-url = http://u:secret@a\nproxy = http://p\nfind-links = /srv\n[install]\nextra_index_url =\n  http://b\n  http://c\n'
  t.same(namedIndexes('pip', pip), { asked: ['/srv', 'http://b', 'http://c'], beaten: ['http://u:****@a'] })
  t.same(namedIndexes('setuptools', '[easy_install]\nindex_url = http://a\n').asked, ['http://a'])
  const uv = 'index-url = "http://a"\n[pip]\nfind-links = ["/srv"]\n[[index]]\nname = "x"\nurl = "http://b"\n'
  t.same(namedIndexes('uv', uv).asked, ['http://a', '/srv', 'http://b'])
  t.same(namedIndexes('uv', 'not toml').asked, [])
})

t.test('an index that another element set meanwhile is named, and one that was there before is not', async (t) => {
  const root = t.testdir({ etc: { 'pip.conf': '[install]\nindex-url = http://me:hidden@late\nfind-links = /srv\n' } })
  const others = [{ path: '/etc/pip.conf', format: 'pip', own: '[install]\nfind-links = /srv\n' }] as const
  const nothing = { files: [], folders: [], mountPoints: [], madeFolders: [], touchedFolders: [] }
  t.match(lateIndexes(root, { ...nothing, others }), [
    /^another element set http:\/\/me:\*{4}@late in \/etc\/pip\.conf/,
  ])
})
