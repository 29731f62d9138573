import t from 'tap'
import { competingUvSettings } from '../../../../element-src/lib/config/uv/competing-settings.js'

t.test('each variable that reaches uv past its file is warned of, where it is set', async (t) => {
  const root = t.testdir({})
  for (const name of [
    'UV_INDEX_URL',
    'UV_DEFAULT_INDEX',
    'UV_EXTRA_INDEX_URL',
    'UV_INDEX',
    'UV_FIND_LINKS',
    'UV_CACHE_DIR',
    'UV_CONFIG_FILE',
    'UV_NO_CONFIG',
  ]) {
    const warnings = competingUvSettings({ [name]: 'http://user:secret@a.example' }, root)
    t.equal(warnings.length, 1, name)
    t.ok(warnings[0]?.startsWith(`${name} is set in the build's environment: `) && !warnings[0].includes('secret'))
    t.same(competingUvSettings({ [name]: '' }, root), [], 'empty is not set')
  }
  t.same(competingUvSettings({ UV_OFFLINE: '1' }, root), [])
})

t.test("a system's file that is read instead of ours is warned of, where it has a say in the indexes", async (t) => {
  const root = t.testdir({
    etc: {
      uv: {
        'uv.toml': 'offline = false\n[[index]]\nurl = "http://user:secret@a"\ndefault = true\n# index-url = "no"\n',
      },
      xdg: { uv: { 'uv.toml': 'index-url = "http://b"\n' } },
    },
    opt: { uv: { 'uv.toml': '[pip]\nextra-index-url = ["http://b"]\nno-index=true\n' } },
  })
  t.same(competingUvSettings({}, root), [], 'ours stands for the file in /etc/xdg and in /etc')
  const opt =
    '/opt/uv/uv.toml in the image sets extra-index-url, no-index: uv asks these indexes as well as the mirrors; remove it'
  t.same(competingUvSettings({ XDG_CONFIG_DIRS: '/opt:/etc/xdg' }, root), [opt])
  t.same(competingUvSettings({ XDG_CONFIG_DIRS: '/etc/xdg:/opt' }, root), [])
  t.same(competingUvSettings({ XDG_CONFIG_DIRS: '/opt' }, root), [
    opt,
    '/etc/uv/uv.toml in the image sets index: uv asks these indexes as well as the mirrors; remove it',
  ])
})
