import t from 'tap'
import { competingSettings } from '../../../../element-src/lib/installers/pip/competing-settings.js'

t.test('each variable that reaches pip past its file is warned of, where it is set', async (t) => {
  const root = t.testdir({})
  for (const name of [
    'PIP_INDEX_URL',
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
