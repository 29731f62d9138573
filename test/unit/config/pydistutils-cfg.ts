import t from 'tap'
import { renderPydistutilsCfg } from '../../../element-src/lib/config/pip/pip-conf.js'
import { readAsSetuptools } from '../../support/builds/python.js'

const none = { path: '/root/.pydistutils.cfg', own: undefined }

t.test(
  'a percent sign in a URL is doubled, and one before a bracket refers to a value, as Python 2.7 wants it',
  async (t) => {
    t.match(
      renderPydistutilsCfg('http://a%40b/simple', none),
      /^index_url = http:\/\/a%%40b\/simple%\(find_links\)s\nfind_links = *$/m,
    )
  },
)

t.test('setuptools reads the URL to the letter', async (t) => {
  for (const url of ['file:///tmp/pypi', 'https://user:p%40ss=w;x@mirror.example/simple?a=b;c#d', 'http://a/%(x)s']) {
    t.match(readAsSetuptools(renderPydistutilsCfg(url, none)), { easy_install: { index_url: url } })
  }
})

t.test("what the image's own file sets besides indexes stays in force", async (t) => {
  const own = `[install]
prefix = /opt
[easy_install]
index-url = http://own
find_links = /srv
allow_hosts = own
zip_ok = 0
`
  t.same(readAsSetuptools(renderPydistutilsCfg('http://a', { path: '/root/.pydistutils.cfg', own })), {
    install: { prefix: '/opt' },
    easy_install: { zip_ok: '0', index_url: 'http://a', find_links: '' },
  })
})
