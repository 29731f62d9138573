import { execFileSync } from 'node:child_process'
import { parse } from 'smol-toml'
import t from 'tap'
import { renderUvToml } from '../../../../element-src/lib/config/uv/uv-toml.js'
import { indexAt } from '../../../../element-src/lib/settings/index-list.js'

const read = (urls: readonly string[], unverifiedHosts: readonly string[] = []): unknown => {
  const indexes = urls.map((url) => ({ ...indexAt(url), isOfficial: false }))
  const settings = { indexes, unverifiedHosts, trustedHosts: ['a'], retries: 3, unreachable: 'drop' } as const
  const text = renderUvToml(settings, { path: '/root/.config/uv/uv.toml', own: undefined })
  const program =
    'import json, sys\ntry:\n    import tomllib\nexcept ImportError:\n    from pip._vendor import tomli as tomllib\nprint(json.dumps(tomllib.loads(sys.stdin.read())))'
  return JSON.parse(execFileSync('/usr/bin/python3', ['-c', program], { input: text, encoding: 'utf8' }))
}

t.test('a single index is index-url, and nothing else is asked', async (t) => {
  t.same(read(['file:///tmp/pypi']), { 'index-url': 'file:///tmp/pypi', 'no-cache': true })
})

t.test("several indexes keep pip's order: the last is uv's default, which it asks last", async (t) => {
  t.same(read(['http://a', 'http://b', 'http://c'], ['c:443']), {
    'extra-index-url': ['http://a', 'http://b'],
    'index-url': 'http://c',
    'index-strategy': 'unsafe-best-match',
    'allow-insecure-host': ['c:443'],
    'no-cache': true,
  })
})

t.test('odd URLs are read back to the letter', async (t) => {
  const odd = 'https://user:p%40ss=w;x@mirror.example/"simple"?a=b;c#d\'[x]{y}'
  t.same(read([odd]), { 'index-url': odd, 'no-cache': true })
})

const settings = {
  indexes: [indexAt('http://a')],
  unverifiedHosts: [],
  trustedHosts: [],
  retries: 3,
  unreachable: 'drop',
} as const
const path = '/etc/uv/uv.toml'

t.test("what the image's own file sets besides indexes stays in force", async (t) => {
  const own = `# own
offline = true # why
cache-dir = "/srv"
index-url = "http://own"
concurrent-builds = 2
pip.find-links = [
  "/srv", # all
]
pip.strict = true

[[index]]
url = "http://own"

[other]
index-url = "is another key"
`
  const head = /^# .*\nindex-url = "http:\/\/a"\nno-cache = true\n/
  const text = renderUvToml(settings, { path, own })
  t.match(text, head)
  t.same(parse(text.replace(head, '')), {
    offline: true,
    'concurrent-builds': 2,
    pip: { strict: true },
    other: { 'index-url': 'is another key' },
  })
  const plain = '# own\noffline = true # why\n'
  t.ok(renderUvToml(settings, { path, own: plain }).endsWith(`\n${plain}`), 'as it is, if it names no index')
  t.match(
    renderUvToml(settings, { path, own: undefined }, '/c'),
    /\nno-cache = false\ncache-dir = "\/c"\nlink-mode = "copy"\n$/,
  )
})

t.test('an index in an inline table is replaced like any other', async (t) => {
  const own = 'pip = { strict = true, index-url = "http://own" }\n'
  t.match(parse(renderUvToml(settings, { path, own })), { 'index-url': 'http://a', pip: { strict: true } })
  t.notMatch(renderUvToml(settings, { path, own }), /own"/)
})

t.test('a file that uv could not read is refused by its name', async (t) => {
  t.throws(() => renderUvToml(settings, { path, own: 'a = ' }), { message: /^\/etc\/uv\/uv\.toml .* \(line 1\)/ })
})

t.test('a text that is written with an escape beyond ASCII stays what it is', async (t) => {
  const own = Buffer.from('index-url = "http://own"\nkey = "\\u20ac \\U0001f40d é"\n"é" = 1\n', 'utf8').toString(
    'latin1',
  )
  const text = Buffer.from(renderUvToml(settings, { path, own }), 'latin1').toString('utf8')
  t.match(parse(text), { key: '€ 🐍 é', é: 1 })
})
