import t from 'tap'
import { downloadingCommands } from '../../../../element-src/lib/config/pip/config-file.js'
import {
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
const render = (changes: Partial<PipSettings>) =>
  readAsPip(renderPipConf({ ...settings, ...changes }, { path: '/root/.pip/pip.conf', own: undefined }))

t.test('a single index is index-url, and nothing else is asked', async (t) => {
  t.same(render({}), {
    global: { 'index-url': 'http://a/simple', 'disable-pip-version-check': 'true', 'no-input': 'true' },
  })
})

t.test('several indexes, hosts to trust and retries stand in [global], in their order', async (t) => {
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

t.test('Python reads odd URLs back to the letter', async (t) => {
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
    message: /^\/etc\/pip\.conf in the image cannot be read by its installer: line 1 /,
  })
})

t.test("root's pip has its cache in the build's folder, other users' pips have none", async (t) => {
  const own = '[global]\ncache-dir = /var/cache/pip\n[install]\ncache-dir = /var/cache/pip\n'
  t.match(readAsPip(renderPipConf(settings, { path, own }, '/c')), {
    global: { 'cache-dir': '/c' },
    install: { 'cache-dir': undefined, 'no-cache-dir': '' },
  })
  const wantsNone = readAsPip(renderPipConf(settings, { path, own: '[install]\nno-cache-dir = 1\n' }, '/c'))
  t.same(wantsNone['install'], { 'no-cache-dir': '1' }, 'an image that wants no cache gets none')
  t.match(readAsPip(renderSystemPipConf(settings, { path, own })), {
    global: { 'cache-dir': undefined, 'no-cache-dir': undefined, 'index-url': 'http://a/simple' },
    install: { 'cache-dir': undefined, 'no-cache-dir': 'false' },
    download: { 'no-cache-dir': 'false' },
  })
})

t.test('each command that downloads has the indexes in a section of its own in the system-wide file', async (t) => {
  const commands = (others?: readonly string[], changes: Partial<PipSettings> = {}) => {
    const read = readAsPip(renderSystemPipConf({ ...settings, ...changes }, { path, own: undefined }, others))
    for (const command of downloadingCommands) t.same(read[command], read['install'], command)
    return read['install']
  }
  const usual = { 'index-url': 'http://a/simple', 'no-cache-dir': 'false' }
  t.same(commands(), { ...usual, 'extra-index-url': 'http://a/simple' })
  const indexes = asIndexes(['http://a/simple', 'http://b'])
  t.same(commands([], { indexes, retries: 3, trustedHosts: ['a'] }), {
    ...usual,
    'extra-index-url': '\nhttp://b',
    retries: '3',
    'trusted-host': '\na',
  })
  const others = ['[global]\nfind_links = /srv\nlog-file = /l\ntimeout = 3\n', '[global]\nno-index = 1\n']
  t.match(commands(others), { 'find-links': '/dev', log: '/dev/null', 'no-index': 'false' })
})

t.test('/etc/pip.conf is mounted over only if it has what beats the sections of our commands', async (t) => {
  t.equal(renderEtcPipConf(settings, { path, own: undefined }), undefined)
  const lines = [
    'pypi-url = http://b',
    'trusted-host = b',
    'find_links = /srv',
    'no-index = 1',
    'log = /l',
    'proxy = p',
  ]
  t.equal(renderEtcPipConf(settings, { path, own: `[global]\n${lines.join('\n')}\n[freeze]\nlog = x\n` }), undefined)
  for (const section of ['install', 'download', 'DEFAULT'])
    for (const line of lines.slice(0, -1)) {
      const text = renderEtcPipConf(settings, { path, own: `[${section}]\ntimeout = 5\n${line}\n[wheel]\n` }) ?? ''
      t.match(text, /timeout = 5/, `${section}: ${line}`)
      t.notOk(text.includes(line))
      t.notMatch(text, /^log/m, 'a log would name the mirrors')
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
