import t from 'tap'
import type { IndexOption } from '../../../../element-src/lib/config/pip/options.js'
import {
  type OverriddenKeys,
  renderEtcPipConf,
  renderPipConf,
  renderSystemPipConf,
} from '../../../../element-src/lib/config/pip/pip-conf.js'
import { type Index, indexAt } from '../../../../element-src/lib/settings/index-list.js'
import type { PipSettings } from '../../../../element-src/lib/settings/settings.js'
import { readAsPip } from '../../../support/builds/python.js'

const asIndexes = (urls: readonly string[]): readonly Index[] =>
  urls.map((url) => ({ ...indexAt(url), isOfficial: false }))
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

const path = '/etc/pip.conf'

t.test("what the image's own file sets besides stays in force, line by line", async (t) => {
  const own = '# own\n[global]\n  index_url = http://own\n  timeout = 5\n\n[install]\nuser = yes\nno-index = 1\n'
  const text = renderPipConf(settings, { path, own })
  t.match(text, /\n# own\n\[global\]\n {2}index_url = http:\/\/a\/simple\n {2}timeout = 5\n/)
  t.match(readAsPip(text), {
    global: { index_url: 'http://a/simple', 'index-url': 'http://a/simple', timeout: '5', 'no-input': 'true' },
    install: { user: 'yes', 'no-index': 'false' },
  })
  t.throws(() => renderPipConf(settings, { path, own: 'timeout = 5\n' }), {
    message: /^\/etc\/pip\.conf in the image cannot be read, by pip and Python neither: line 1 /,
  })
})

t.test("root's pip has its cache in the build's folder, other users' pips have none", async (t) => {
  const own = '[global]\ncache-dir = /var/cache/pip\n[install]\ncache-dir = /var/cache/pip\n'
  t.match(readAsPip(renderPipConf(settings, { path, own }, none, '/c')), {
    global: { 'cache-dir': '/c' },
    install: { 'cache-dir': undefined, 'no-cache-dir': '' },
  })
  const wantsNone = readAsPip(renderPipConf(settings, { path, own: '[install]\nno-cache-dir = 1\n' }, none, '/c'))
  t.same(wantsNone['install'], { 'no-cache-dir': '1' }, 'an image that wants no cache gets none')
  t.match(readAsPip(renderSystemPipConf(settings, { path, own })), {
    global: { 'cache-dir': undefined, 'no-cache-dir': undefined, 'index-url': 'http://a/simple' },
    install: { 'cache-dir': undefined, 'no-cache-dir': 'false' },
    download: { 'no-cache-dir': 'false' },
  })
})

t.test('/etc/pip.conf is mounted over only where it takes the mirrors away', async (t) => {
  t.equal(renderEtcPipConf(settings, { path, own: undefined }), undefined)
  t.equal(renderEtcPipConf(settings, { path, own: '[global]\ntimeout = 5\nproxy = p\n' }), undefined)
  for (const line of ['pypi-url = http://b', 'trusted-host = b', 'find_links = /srv', 'no-index = 1', 'log = /l']) {
    const text = renderEtcPipConf(settings, { path, own: `[install]\ntimeout = 5\n${line}\n` }) ?? ''
    t.equal(readAsPip(text)['install']?.['timeout'], '5', line)
    t.notOk(text.includes(line))
  }
  t.match(renderEtcPipConf({ ...settings, retries: 3 }, { path, own: '[install]\nretries = 1\n' }), /\nretries = 3\n$/)
})

t.test('with the relay, no proxy is asked, and pip tries once', async (t) => {
  const own = '[global]\nproxy = http://p:1\ntimeout = 5\n[install]\nproxy = http://p:2\n'
  const relay = { ...settings, retries: 4, relay: true }
  for (const text of [renderPipConf(relay, { path, own }), renderEtcPipConf(relay, { path, own }) ?? '']) {
    t.notMatch(text, /proxy/)
    t.match(text, /timeout = 5/)
  }
  t.equal(readAsPip(renderPipConf(relay, { path, own }))['global']?.['retries'], '4')
})
