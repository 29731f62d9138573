import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  describeIndexes,
  easyInstallIndex,
  officialIndex,
  theOfficialIndex,
} from '../../../element-src/lib/settings/index-list.js'
import { type PipSettings, readSettings } from '../../../element-src/lib/settings/settings.js'

const dib = { TMP_HOOKS_PATH: '/build/hooks', TMP_MOUNT_PATH: '/build/mnt', TMP_BUILD_DIR: '/build' }

const urls = ({ indexes }: PipSettings): readonly string[] => indexes.map(({ url }) => url)

t.test('without a mirror and without a setting, PyPI is used alone', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir()
  const online = readSettings({ ...dib, DIB_IMAGE_CACHE })
  t.same(online.pip, {
    indexes: [theOfficialIndex()],
    retries: undefined,
    trustedHosts: [],
    unverifiedHosts: [],
    unreachable: 'drop',
  })
  t.equal(easyInstallIndex(online.pip.indexes), officialIndex)
  t.same(online.warnings, [
    `there is no folder ${DIB_IMAGE_CACHE}/pypi/mirror and no DIB_PYPI_MIRROR_URL: PyPI is used alone`,
  ])
  for (const variable of ['DIB_OFFLINE', 'DIB_NO_PYPI_PIP']) {
    const environment = { ...dib, DIB_IMAGE_CACHE, [variable]: 'yes' }
    const { pip, warnings, officialIsOff } = readSettings(environment)
    t.equal(officialIsOff, variable)
    t.throws(() => readSettings({ ...environment, DIB_PYPI_UNREACHABLE: 'fail' }), {
      message: /^DIB_PYPI_UNREACHABLE is fail, and no package can be found: there is no folder /,
    })
    t.same(urls(pip), ['file:///tmp/pypi'], 'pip goes nowhere else')
    t.match(warnings[0], `there is no folder ${DIB_IMAGE_CACHE}/pypi/mirror`)
    t.match(warnings[0], /no package can be found/)
  }
})

t.test('a flag that is set to a word for no counts as set, and a warning says so', async (t) => {
  const settings = (environment: Record<string, string>) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE: t.testdir({ pypi: { mirror: {} } }), ...environment })
  for (const word of ['false', '0', 'No', 'OFF']) {
    const { officialIsOff, warnings } = settings({ DIB_NO_PYPI_PIP: word })
    t.equal(officialIsOff, 'DIB_NO_PYPI_PIP')
    t.same(warnings, [`DIB_NO_PYPI_PIP=${word} counts as set, so PyPI is off: unset DIB_NO_PYPI_PIP to use PyPI`])
  }
  const both = settings({ DIB_NO_PYPI_PIP: '1', DIB_OFFLINE: '1' })
  t.match(both, { officialIsOff: 'DIB_OFFLINE, DIB_NO_PYPI_PIP', warnings: [] })
  t.match(settings({ DIB_NO_PYPI_PIP: '' }), { officialIsOff: undefined, warnings: [] })
})

t.test('each folder of the mirror that is named is an index by itself, however its URL is written', async (t) => {
  const wheel = 'demo-1-py3-none-any.whl'
  const demo = () => ({ demo: { 'index.html': `<a href="${wheel}">${wheel}</a>`, [wheel]: '' } })
  const mirror = { [wheel]: '', more: { [wheel]: '' }, tree: demo(), made: { simple: demo() } }
  const DIB_IMAGE_CACHE = t.testdir({ pypi: { mirror } })
  const named = (...mirrors: readonly string[]) => {
    const variables = mirrors.map((url, i) => [`DIB_PYPI_MIRROR_URL_${i}`, url])
    return readSettings({ ...dib, DIB_IMAGE_CACHE, DIB_OFFLINE: '1', ...Object.fromEntries(variables) })
  }
  const top = 'file:///tmp/pypi'
  t.same(urls(named(`${top}/tree`, `${top}/made`, 'http://a.example/simple').pip), [
    'file:///tmp/pypi/tree',
    'file:///tmp/pypi/made/simple',
    'http://a.example/simple',
  ])
  t.same(urls(named(`${top}/more/`).pip), ['file:///tmp/pypi-index'], 'one index in memory')
  const two = named(`${top}/more`, top, `${top}/tree`)
  t.same(
    urls(two.pip),
    ['file:///tmp/pypi-index/1', 'file:///tmp/pypi-index/2', 'file:///tmp/pypi/tree'],
    'several indexes in memory',
  )
  t.equal(two.pip.indexes[0]?.folder, join(DIB_IMAGE_CACHE, 'pypi', 'mirror', 'more'))
  for (const spelling of [
    'file:///tmp//pypi',
    'file:///tmp/pypi/.',
    'FILE:///tmp/pypi//',
    'file:///tmp/%70ypi',
    'file:///tmp/pypi/tree/..',
    'file:///tmp/pypi/%74ree/../',
  ]) {
    const { pip, localMirrors } = named(spelling, top)
    t.same(urls(pip), ['file:///tmp/pypi-index', 'file:///tmp/pypi-index'], spelling)
    t.equal(localMirrors.length, 1, 'of which one index is made')
  }
  t.same(urls(named('file:///tmp/pypi-other', 'file:///srv/x').pip), ['file:///tmp/pypi-other', 'file:///srv/x'])
  t.match(named(`${top}/none`).localMirrors[0]?.warnings()[0], /mirror\/none does not exist: no package is found in it/)
  for (const wrong of ['file://localhost/tmp/pypi', `${top}?x`, `${top}#x`]) {
    t.throws(() => named(wrong), { message: /^DIB_PYPI_MIRROR_URL_0 / }, wrong)
  }
})

t.test('the local mirror is used before the official index, unless it is off', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ pypi: { mirror: {} } })
  const local = { ...dib, DIB_IMAGE_CACHE }
  t.same(readSettings({ ...local, DIB_MOUNTPOINTS: '/|/pypi' }).DIB_MOUNTPOINTS, ['/', '/pypi'])
  t.match(readSettings(local), {
    mirrorFolder: `${DIB_IMAGE_CACHE}/pypi/mirror`,
    warnings: [],
  })
  t.same(urls(readSettings(local).pip), ['file:///tmp/pypi', officialIndex])
  t.equal(easyInstallIndex(readSettings(local).pip.indexes), 'file:///tmp/pypi')
  t.same(urls(readSettings({ ...local, DIB_OFFLINE: '1' }).pip), ['file:///tmp/pypi'])
  t.same(urls(readSettings({ ...local, DIB_OFFLINE: '' }).pip), ['file:///tmp/pypi', officialIndex], 'empty is not set')
  const named = readSettings({
    ...local,
    DIB_PYPI_MIRROR_URL: 'http://first.example/simple',
    DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
    DIB_NO_PYPI_PIP: '1',
  })
  t.same(urls(named.pip), ['http://first.example/simple', 'file:///tmp/pypi'])
  t.equal(easyInstallIndex(named.pip.indexes), 'file:///tmp/pypi', 'the last listed')
  t.ok(named.mirrorFolder, 'bound whatever mirrors are named')
})

t.test('a named local mirror that is not there is warned of', async (t) => {
  const { warnings } = readSettings({
    ...dib,
    DIB_IMAGE_CACHE: t.testdir(),
    DIB_PYPI_MIRROR_URL_3: 'file:///tmp/pypi/',
  })
  t.match(warnings[0], /^DIB_PYPI_MIRROR_URL_3 is file:\/\/\/tmp\/pypi\/, but there is no folder /)
})

t.test("the mirror's folder may be a link to a folder, and nothing else", async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ real: {}, pypi: {} })
  const mirror = join(DIB_IMAGE_CACHE, 'pypi', 'mirror')
  symlinkSync('../real', mirror)
  t.equal(readSettings({ ...dib, DIB_IMAGE_CACHE }).mirrorFolder, mirror)
  const file = t.testdir({ file: { pypi: { mirror: 'a file' } }, link: { pypi: {} } })
  symlinkSync('nowhere', join(file, 'link', 'pypi', 'mirror'))
  t.throws(() => readSettings({ ...dib, DIB_IMAGE_CACHE: join(file, 'file') }), {
    message: /mirror \(DIB_IMAGE_CACHE\) is not a folder/,
  })
  symlinkSync('loop', join(file, 'loop'))
  t.throws(() => readSettings({ ...dib, DIB_IMAGE_CACHE: join(file, 'loop') }), {
    message: /mirror \(DIB_IMAGE_CACHE\) is behind a symbolic link to itself: fix it/,
  })
  t.throws(() => readSettings({ ...dib, DIB_IMAGE_CACHE: join(file, 'link') }), {
    message: /is a symbolic link to nothing/,
  })
})

t.test('retries are a whole number, 0 or more', async (t) => {
  const retries = (DIB_PIP_RETRIES: string) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE: '/none', DIB_PIP_RETRIES }).pip.retries
  t.equal(retries('0'), 0)
  t.equal(retries('08'), 8)
  t.equal(retries(''), undefined, 'empty is not set')
  for (const wrong of ['many', '-1', '1e3', '3.0', ' 3', '3\n', '٣', '0x3', '99999999999999999999']) {
    t.throws(
      () => retries(wrong),
      { message: /^DIB_PIP_RETRIES must be a whole number, 0 or more/ },
      JSON.stringify(wrong),
    )
  }
})

t.test('the hosts of http mirrors are trusted, and those that are named', async (t) => {
  const settings = (environment: Record<string, string>) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE: '/none', DIB_OFFLINE: '1', ...environment })
  t.same(
    settings({
      DIB_PYPI_MIRROR_URL: 'http://a.example:8080/simple',
      DIB_PYPI_MIRROR_URL_1: 'https://b.example/simple',
      DIB_PYPI_MIRROR_URL_2: 'http://a.example/other',
      DIB_PYPI_MIRROR_URL_3: 'file:///tmp/pypi',
      DIB_PYPI_MIRROR_URL_4: 'http://[2001:db8::2]:3141/simple',
      DIB_PYPI_TRUSTED_HOST: ' c.example\td.example:443\n[2001:db8::1]:443 ',
    }).pip.trustedHosts,
    ['a.example', '2001:db8::2', 'c.example', 'd.example:443', '[2001:db8::1]:443'],
    "the http mirrors' hosts once, never the https ones', and the user's own",
  )
  for (const wrong of ['https://c.example', 'c.example/simple', 'c.example:port', 'a,b', '[::1', '[:::1::]:80']) {
    t.throws(
      () => settings({ DIB_PYPI_TRUSTED_HOST: wrong }),
      { message: /^DIB_PYPI_TRUSTED_HOST must be a list of hosts/ },
      wrong,
    )
  }
  const [shared] = settings({
    DIB_PYPI_MIRROR_URL: 'http://both.example/a',
    DIB_PYPI_MIRROR_URL_1: 'https://Both.example/b',
  }).warnings
  t.match(shared, /^both\.example serves an http and an https index/)
})

t.test('an index that does not answer is dropped, kept or ends the build', async (t) => {
  const unreachable = (DIB_PYPI_UNREACHABLE: string) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE: '/none', DIB_PYPI_UNREACHABLE }).pip.unreachable
  t.equal(unreachable(''), 'drop', 'by default')
  for (const value of ['drop', 'keep', 'fail'] as const) t.equal(unreachable(value), value)
  for (const wrong of ['Drop', 'ignore', 'fail ', '1']) {
    t.throws(() => unreachable(wrong), { message: /^DIB_PYPI_UNREACHABLE must be drop, keep or fail/ })
  }
})

t.test('a hook that dib did not start says so', async (t) => {
  t.throws(() => readSettings({ TMP_HOOKS_PATH: '/x' }), {
    message: /^TMP_MOUNT_PATH is not set: run this hook by disk-image-create$/,
  })
  t.throws(() => readSettings({ ...dib, TMP_HOOKS_PATH: '' }), { message: /^TMP_HOOKS_PATH is not set/ })
})

t.test('DIB_DEBUG_TRACE counts from 1', async (t) => {
  const verbose = (DIB_DEBUG_TRACE: string) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE: '/none', DIB_DEBUG_TRACE }).DIB_DEBUG_TRACE
  t.equal(verbose('0'), false)
  t.equal(verbose('2'), true)
  t.equal(verbose(''), false)
})

t.test('the cache is where dib has it by default', async (t) => {
  const home = t.testdir({ '.cache': { 'image-create': { pypi: { mirror: {} } } } })
  const before = process.env['HOME']
  process.env['HOME'] = home
  t.teardown(() => {
    process.env['HOME'] = before
  })
  t.equal(readSettings(dib).mirrorFolder, join(home, '.cache', 'image-create', 'pypi', 'mirror'))
})

t.test('a receipt and a lock need the relay', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ pypi: { mirror: {} } })
  const settings = (environment: Record<string, string>) => readSettings({ ...dib, DIB_IMAGE_CACHE, ...environment })
  t.match(settings({}), { DIB_PYPI_RECEIPT: false, DIB_PYPI_LOCK: undefined })
  t.match(settings({ DIB_PYPI_RECEIPT: '1', DIB_PYPI_LOCK: 'image.d/pypi.cdx.json' }), {
    DIB_PYPI_RECEIPT: true,
    DIB_PYPI_LOCK: join(process.cwd(), 'image.d/pypi.cdx.json'),
  })
  for (const name of ['DIB_PYPI_RECEIPT', 'DIB_PYPI_LOCK'])
    t.throws(() => settings({ [name]: '1', DIB_PYPI_RELAY: 'never' }), {
      message: `${name} needs the relay, and DIB_PYPI_RELAY is never: unset one of them`,
    })
})

t.test('variables and a mirrors file that name the same give the same indexes', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ pypi: { mirror: { 'demo-1-py3-none-any.whl': '' } }, 'mirrors.ini': '' })
  const common = { ...dib, DIB_IMAGE_CACHE }
  const mirrorsFile = join(DIB_IMAGE_CACHE, 'mirrors.ini')
  writeFileSync(
    mirrorsFile,
    '[a]\nurl = https://user:p%40ss@a.example/simple\n[b]\nurl = file:///tmp/pypi\n[official]\n',
  )
  const byFile = readSettings({ ...common, DIB_PYPI_MIRRORS: mirrorsFile }).pip.indexes
  const byVariables = readSettings({
    ...common,
    DIB_PYPI_MIRROR_URL: 'https://user:p%40ss@a.example/simple',
    DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
  }).pip.indexes
  const withoutNames = byFile.map(({ name: _name, source: _source, ...index }) => index)
  t.same(
    withoutNames,
    byVariables.map(({ source: _source, ...index }) => index),
  )
  t.same(
    byFile.map(({ name }) => name),
    ['a', 'b', 'official'],
  )
  t.equal(byFile[0]?.source, `${mirrorsFile}, [a]`)
  t.equal(byVariables[0]?.source, 'DIB_PYPI_MIRROR_URL')
})

t.test('what a section of a mirrors file owns stays its own while it is not there, or off', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ 'mirrors.ini': '' })
  const DIB_PYPI_MIRRORS = join(DIB_IMAGE_CACHE, 'mirrors.ini')
  const read = (text: string, more: Record<string, string> = {}) => {
    writeFileSync(DIB_PYPI_MIRRORS, text)
    return readSettings({ ...dib, DIB_IMAGE_CACHE, DIB_PYPI_MIRRORS, ...more })
  }
  const rest = '[a]\nurl = https://a.example/simple\n'
  const missing = read(`[x]\nurl = file:///tmp/pypi/new\nprojects = corp-*\n${rest}`)
  t.match(missing.pip.indexes[0], { projects: ['corp-*'], folder: join(DIB_IMAGE_CACHE, 'pypi', 'mirror', 'new') })
  t.match(missing.warnings[0], /mirrors\.ini, \[x\] is file:\/\/\/tmp\/pypi\/new, but there is no folder /)
  for (const variable of ['DIB_OFFLINE', 'DIB_NO_PYPI_PIP']) {
    const { pip, officialIsOff } = read(`[official]\nprojects = requests\n${rest}`, { [variable]: '1' })
    t.match(pip.indexes[0], { isOfficial: true, absent: variable, projects: ['requests'] })
    t.equal(describeIndexes(pip.indexes), 'index https://a.example/simple', `${variable}: it is not asked`)
    t.equal(officialIsOff, variable)
  }
  t.match(read(rest).officialIsOff, /has no section \[official\]/, 'off, if the file does not name it')
  t.equal(read(`${rest}[official]\n`).officialIsOff, undefined)
  const shared = read('[plain]\nurl = http://a.example/simple\n[a]\nurl = https://a.example/simple\n')
  t.same(shared.pip.trustedHosts, [], 'the relay verifies what installers would not')
  t.notOk(shared.warnings.some((line) => line.includes('pip trusts the host')))
  const DIB_PYPI_MIRROR_URL = 'https://b.example/simple'
  t.throws(() => read(rest, { DIB_PYPI_MIRROR_URL }), {
    message: /^DIB_PYPI_MIRRORS and DIB_PYPI_MIRROR_URL both name/,
  })
  const alone = read('[official]\n', { DIB_OFFLINE: '1' })
  t.equal(describeIndexes(alone.pip.indexes), 'index file:///tmp/pypi', 'pip goes nowhere else')
  t.match(alone.warnings.at(-1), /and PyPI is off: no package can be found/)
})

t.test('a folder that builds fill is an index by itself, the last, and offline too', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ pypi: { mirror: {} }, 'mirrors.ini': '' })
  const DIB_PYPI_MIRRORS = join(DIB_IMAGE_CACHE, 'mirrors.ini')
  const corp = '[corp]\nurl = https://corp.example/simple\nprojects = corp-*\n'
  writeFileSync(DIB_PYPI_MIRRORS, corp)
  const filled = { ...dib, DIB_IMAGE_CACHE, DIB_PYPI_FILL_MIRROR: '1' }
  const byVariable = { ...filled, DIB_PYPI_MIRROR_URL: 'https://corp.example/simple' }
  t.same(urls(readSettings(byVariable).pip), ['https://corp.example/simple', officialIndex, 'file:///tmp/pypi'])
  t.equal(easyInstallIndex(readSettings(byVariable).pip.indexes), 'https://corp.example/simple', 'that is named')
  const offline = readSettings({ ...byVariable, DIB_OFFLINE: '1' })
  t.equal(easyInstallIndex(offline.pip.indexes), 'file:///tmp/pypi', 'what was kept')
  t.same(urls(offline.pip), ['https://corp.example/simple', 'file:///tmp/pypi'])
  t.equal(offline.reasonForRelay, undefined, 'an offline build does not fill, and so needs no relay')
  t.equal(offline.fill, false)
  t.notMatch(offline.warnings.join('\n'), 'DIB_PYPI_FILL_MIRROR', 'which README has users do: no warning')
  const file = readSettings({ ...filled, DIB_PYPI_MIRRORS, DIB_OFFLINE: '1' }).pip.indexes
  t.match(file.at(-1), { folder: join(DIB_IMAGE_CACHE, 'pypi', 'mirror'), isKept: true })
  t.notHas(readSettings({ ...filled, DIB_PYPI_MIRRORS }).pip.indexes.at(-1), { isKept: true })
  const named = readSettings({ ...filled, DIB_PYPI_MIRROR_URL: 'file:///tmp/pypi', DIB_OFFLINE: '1' })
  t.same(urls(named.pip), ['file:///tmp/pypi'], 'once')
  writeFileSync(
    DIB_PYPI_MIRRORS,
    `[x]\nurl = file:///tmp/pypi\nprojects = corp-*\n[a]\nurl = https://a.example/simple\n`,
  )
  const both = readSettings({ ...filled, DIB_PYPI_MIRRORS, DIB_OFFLINE: '1' }).pip.indexes
  t.match(both, [{ projects: ['corp-*'] }, {}, { isKept: true }], 'also if a section has some of it for itself')
  writeFileSync(DIB_PYPI_MIRRORS, `${corp}exclude-newer = 7 days\n`)
  t.equal(
    readSettings({ ...filled, DIB_PYPI_MIRRORS }).pip.indexes.length,
    1,
    'not online, if files count by the time of their upload',
  )
})

t.test('a relay is there for what only it can do', async (t) => {
  const cache = t.testdir({ 'mirrors.ini': '[a]\nurl = https://a.example/simple\n' })
  const reason = (environment: Record<string, string>) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE: cache, ...environment }).reasonForRelay
  const withPassword = { DIB_PYPI_MIRROR_URL_3: 'https://user:secret@mirror.example/simple' }
  t.equal(reason({}), undefined)
  t.equal(reason({ DIB_PYPI_MIRROR_URL: 'https://mirror.example/a@b' }), undefined)
  t.equal(reason({ DIB_PYPI_FILL_MIRROR: '1' }), 'DIB_PYPI_FILL_MIRROR')
  t.equal(reason({ DIB_PYPI_MIRRORS: join(cache, 'mirrors.ini') }), 'DIB_PYPI_MIRRORS')
  t.equal(reason(withPassword), 'a URL with a password')
  t.equal(reason({ DIB_PYPI_RECEIPT: '1' }), 'DIB_PYPI_RECEIPT')
  t.equal(reason({ DIB_PYPI_LOCK: '/lock.json' }), 'DIB_PYPI_LOCK')
  t.equal(reason({ DIB_PYPI_RELAY: 'always' }), 'DIB_PYPI_RELAY=always')
  t.equal(reason({ ...withPassword, DIB_PYPI_RELAY: 'never' }), undefined)
  t.equal(reason({ DIB_PYPI_FILL_MIRROR: '1', DIB_PYPI_RELAY: 'never' }), undefined)
  t.equal(reason({ DIB_PYPI_FILL_MIRROR: '1', DIB_OFFLINE: '1' }), undefined)
})

t.test('a variable that looks like one of the element, and is none, is named with the nearest', async (t) => {
  const { warnings } = readSettings({
    ...dib,
    DIB_IMAGE_CACHE: t.testdir({ pypi: { mirror: {} } }),
    DIB_PYPI_UNREACHABLE_: '60',
    DIB_PIP_RETRY: '1',
    DIB_PYPI_MIRROR: '/etc/mirrors.ini',
    DIB_PYPI_MIRROR_URL_corp: 'http://corp.example',
    DIB_PYTHON_VERSION: '3',
  })
  t.same(
    warnings.map((line) => line.replace(' is not a variable of this element, so it has no effect', '')),
    [
      'DIB_PIP_RETRY: the nearest is DIB_PIP_RETRIES',
      'DIB_PYPI_MIRROR: the nearest is DIB_PYPI_MIRRORS',
      'DIB_PYPI_UNREACHABLE_: the nearest is DIB_PYPI_UNREACHABLE',
    ],
  )
})

t.test('the relay looks ahead unless DIB_PYPI_RELAY_AHEAD is no; what is neither yes nor no is refused', async (t) => {
  const DIB_IMAGE_CACHE = t.testdir({ pypi: { mirror: {} } })
  const ahead = (value?: string) =>
    readSettings({ ...dib, DIB_IMAGE_CACHE, DIB_PYPI_RELAY_AHEAD: value }).DIB_PYPI_RELAY_AHEAD
  t.same([undefined, '', 'yes', 'no'].map(ahead), ['yes', 'yes', 'yes', 'no'])
  t.throws(() => ahead('0'), { message: 'DIB_PYPI_RELAY_AHEAD must be yes or no' })
})
