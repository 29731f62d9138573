import t from 'tap'
import { competingUvSettings } from '../../../../element-src/lib/installers/uv/competing-settings.js'

t.test('each variable that reaches uv past its file is warned of, where it is set', async (t) => {
  const root = t.testdir({})
  for (const name of [
    'UV_INDEX_URL',
    'UV_DEFAULT_INDEX',
    'UV_EXTRA_INDEX_URL',
    'UV_INDEX',
    'UV_FIND_LINKS',
    'UV_CONFIG_FILE',
    'UV_NO_CONFIG',
  ]) {
    const warnings = competingUvSettings({ [name]: 'http://user:secret@a.example' }, root)
    t.equal(warnings.length, 1, name)
    t.ok(warnings[0]?.startsWith(`${name} is set in the build's environment: `) && !warnings[0].includes('secret'))
    t.same(competingUvSettings({ [name]: '' }, root), [], 'empty is not set')
  }
  t.same(competingUvSettings({ UV_CACHE_DIR: '/srv' }, root), [])
})

t.test("the system's own file is warned of, where it has a say in the indexes", async (t) => {
  const root = t.testdir({
    etc: {
      uv: {
        'uv.toml': 'offline = false\n[[index]]\nurl = "http://user:secret@a"\ndefault = true\n# index-url = "no"\n',
      },
      xdg: { uv: { 'uv.toml': '[pip]\nextra-index-url = ["http://b"]\nno-index=true\n' } },
    },
  })
  t.same(competingUvSettings({}, root), [
    '/etc/xdg/uv/uv.toml in the image sets extra-index-url, no-index: uv asks these indexes as well as the mirrors; remove it',
    '/etc/uv/uv.toml in the image sets index: uv asks these indexes as well as the mirrors; remove it',
  ])
  t.same(competingUvSettings({}, t.testdir({ etc: { uv: { 'uv.toml': 'native-tls = true\n' } } })), [])
  t.same(competingUvSettings({}, t.testdir({})), [])
})
