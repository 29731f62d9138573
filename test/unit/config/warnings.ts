import t from 'tap'
import { competingSettings } from '../../../element-src/lib/config/warnings.js'

t.test('each variable that reaches an installer past its file is warned of, if it is set', async (t) => {
  const root = t.testdir({})
  for (const name of [
    'PIP_INDEX_URL',
    'PIP_PYPI_URL',
    'PIP_TRUSTED_HOST',
    'PIP_CACHE_DIR',
    'PIP_EXTRA_INDEX_URL',
    'PIP_FIND_LINKS',
    'PIP_NO_INDEX',
    'PIP_CONFIG_FILE',
    'PIP_ISOLATED',
    'UV_INDEX_URL',
    'UV_DEFAULT_INDEX',
    'UV_EXTRA_INDEX_URL',
    'UV_INDEX',
    'UV_FIND_LINKS',
    'UV_CACHE_DIR',
    'UV_CONFIG_FILE',
    'UV_NO_CONFIG',
  ]) {
    const [warning = '', ...more] = competingSettings({ [name]: 'http://user:secret@a.example' }, root)
    t.same(more, [], name)
    t.ok(warning.startsWith(`${name} is set in the build's environment: `) && !warning.includes('secret'))
    t.same(competingSettings({ [name]: '' }, root), [], 'empty is not set')
  }
  t.same(competingSettings({ PIP_BREAK_SYSTEM_PACKAGES: '1', PIP_RETRIES: '1', UV_OFFLINE: '1' }, root), [])
})

t.test(
  "an index in another user's own file, or in the folder of new homes, is warned of, if it beats the mirrors",
  async (t) => {
    const root = t.testdir({
      etc: {
        passwd:
          'root:x:0:0::/root:/bin/sh\nnobody:x:1:1::/nonexistent:/bin/sh\napp:x:2:2::/srv/app:/bin/sh\nb:x:3:3::/home/b:\nc:x:4:4::/etc/xdg:\n',
        xdg: { '.pip': { 'pip.conf': '[install]\nindex-url = http://a\n' } },
        skel: { '.pip': { 'pip.conf': '[DEFAULT]\nno_index = 1\n[install]\n' } },
      },
      root: { '.pip': { 'pip.conf': '[install]\nindex-url = http://own\n' } },
      home: {
        b: { '.config': { pip: { 'pip.conf': '[global]\nindex-url = http://beaten\n[install]\ntimeout = 1\n' } } },
      },
      srv: {
        app: {
          '.config': {
            pip: { 'pip.conf': '[download]\n--pypi_url = http://user:secret@a\n' },
            uv: {
              'uv.toml': 'offline = true\npip = { extra-index-url = ["http://b"] }\n[[index]]\nurl = "http://c"\n',
            },
          },
        },
      },
      usr: {
        'pip.conf': '[global]\nindex-url = http://beaten\n',
        local: { 'pip.conf': '[wheel]\nfind-links = /srv\n' },
      },
    })
    const why = 'it beats the mirrors for the user whose file it is; write it in finalise.d instead'
    t.same(competingSettings({}, root), [
      '/usr/local/pip.conf in the image sets find-links: pip reads it last, so that it beats the mirrors; remove it',
      `/etc/skel/.pip/pip.conf in the image sets no-index: ${why}`,
      `/srv/app/.config/uv/uv.toml in the image sets extra-index-url, index: ${why}`,
      `/srv/app/.config/pip/pip.conf in the image sets index-url: ${why}`,
      `/etc/xdg/.pip/pip.conf in the image sets index-url: ${why}`,
    ])
  },
)

t.test('a HOME that the image does not have is warned of', async (t) => {
  const root = t.testdir({ there: {} })
  t.match(competingSettings({ HOME: '/missing' }, root), [/^HOME is \/missing, which the image does not have yet\. /])
  t.same(competingSettings({ HOME: '/root' }, root), [])
  t.same(competingSettings({ HOME: '/there' }, root), [])
})
