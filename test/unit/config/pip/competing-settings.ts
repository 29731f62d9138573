import t from 'tap'
import { competingSettings } from '../../../../element-src/lib/config/pip/competing-settings.js'

t.test('each variable that reaches pip past its file is warned of, where it is set', async (t) => {
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
  ]) {
    const { warnings } = competingSettings({ [name]: 'http://user:secret@a.example' }, root)
    t.equal(warnings.length, 1, name)
    t.ok(warnings[0]?.startsWith(`${name} is set in the build's environment: `) && !warnings[0].includes('secret'))
    t.same(competingSettings({ [name]: '' }, root).warnings, [], 'empty is not set')
  }
  t.same(competingSettings({ PIP_BREAK_SYSTEM_PACKAGES: '1', PIP_RETRIES: '1' }, root).warnings, [])
})

t.test("a file that is read between ours and root's is overridden, by any name of a key", async (t) => {
  const root = t.testdir({
    opt: { pip: { 'pip.conf': '[install]\n--pypi_url = http://a\ntrusted-host = a\nno-index =\n' } },
    etc: { 'pip.conf': '[global]\nindex-url = http://b\n', xdg: { pip: { 'pip.conf': '[global]\nno-index = 1\n' } } },
  })
  t.same(competingSettings({}, root).overridden, new Map(), 'ours stand for /etc/pip.conf and the file in /etc/xdg')
  const { overridden, warnings } = competingSettings({ XDG_CONFIG_DIRS: '/etc/xdg:/opt' }, root)
  t.same(overridden, new Map([['install', new Set(['index-url', 'trusted-host'])]]))
  t.same(warnings, [])
  t.match(competingSettings({ XDG_CONFIG_DIRS: '/opt' }, root).warnings, [
    /^XDG_CONFIG_DIRS in the build's environment lacks \/etc\/xdg: /,
  ])
})
