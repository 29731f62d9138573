import t from 'tap'
import { namedIndexes } from '../../../element-src/lib/config/named-indexes.js'

t.test('the indexes that a file names, without passwords', async (t) => {
  const pip =
    '[global]\npypi-url = http://u:secret@a\nproxy = http://p\n[install]\nextra_index_url =\n  http://b\n  http://c\n'
  t.same(namedIndexes('pip', pip), ['http://u:****@a', 'http://b', 'http://c'])
  t.same(namedIndexes('setuptools', '[easy_install]\nindex_url = http://a\n'), ['http://a'])
  const uv = 'index-url = "http://a"\n[pip]\nfind-links = ["/srv"]\n[[index]]\nname = "x"\nurl = "http://b"\n'
  t.same(namedIndexes('uv', uv), ['http://a', 'http://b', '/srv'])
  t.same(namedIndexes('uv', 'no toml'), [])
})
