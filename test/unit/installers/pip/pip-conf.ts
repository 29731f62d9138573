import t from 'tap'
import type { IndexOption } from '../../../../element-src/lib/installers/pip/options.js'
import { type OverriddenKeys, renderPipConf } from '../../../../element-src/lib/installers/pip/pip-conf.js'
import type { Index } from '../../../../element-src/lib/settings/indexes.js'
import type { PipSettings } from '../../../../element-src/lib/settings/settings.js'
import { readAsPip } from '../../../support/builds/python.js'

const asIndexes = (urls: readonly string[]): readonly Index[] => urls.map((url) => ({ url, isOfficial: false }))
const settings: PipSettings = {
  indexes: asIndexes(['http://a/simple']),
  retries: undefined,
  trustedHosts: [],
  unverifiedHosts: [],
  unreachable: 'drop',
}
const none: OverriddenKeys = new Map()
const render = (changes: Partial<PipSettings>, overridden = none) =>
  readAsPip(renderPipConf({ ...settings, ...changes }, { path: '/root/.pip/pip.conf', own: undefined }, overridden))

t.test('one index', async (t) => {
  t.same(render({}), {
    global: { 'index-url': 'http://a/simple', 'disable-pip-version-check': 'true', 'no-input': 'true' },
  })
})

t.test('all that can be set', async (t) => {
  const indexes = asIndexes(['http://a', 'file:///tmp/pypi', 'https://c'])
  t.same(render({ indexes, retries: 0, trustedHosts: ['a', 'c:443'] }), {
    global: {
      'index-url': 'http://a',
      'extra-index-url': '\nfile:///tmp/pypi\nhttps://c',
      'trusted-host': '\na\nc:443',
      retries: '0',
      'disable-pip-version-check': 'true',
      'no-input': 'true',
    },
  })
})

t.test('odd URLs are read back to the letter', async (t) => {
  const odd = [
    'https://user:p%40ss=w;x@mirror.example/simple?a=b;c#d',
    'http://a/%(index-url)s',
    'http://a/"quoted"',
    "http://a/'quoted'",
    'http://a/[x]',
    'http://a/x:y=z',
  ]
  for (const url of odd) t.equal(render({ indexes: asIndexes([url]) })['global']?.['index-url'], url)
  t.equal(render({ indexes: asIndexes(odd) })['global']?.['extra-index-url'], `\n${odd.slice(1).join('\n')}`)
})

t.test("what the image's own files set is cancelled where it stands", async (t) => {
  const overridden: OverriddenKeys = new Map([
    ['global', new Set<IndexOption>(['extra-index-url', 'no-index'])],
    ['install', new Set<IndexOption>(['index-url', 'find-links'])],
  ])
  t.match(render({}, overridden), {
    global: { 'index-url': 'http://a/simple', 'extra-index-url': 'http://a/simple', 'no-index': 'false' },
    install: { 'index-url': 'http://a/simple', 'find-links': '/dev' },
  })
})
