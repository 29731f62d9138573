import { execFileSync } from 'node:child_process'
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

t.test('one index', async (t) => {
  t.same(read(['file:///tmp/pypi']), { 'index-url': 'file:///tmp/pypi' })
})

t.test("several, in pip's order: the last is uv's default, which it asks last", async (t) => {
  t.same(read(['http://a', 'http://b', 'http://c'], ['c:443']), {
    'extra-index-url': ['http://a', 'http://b'],
    'index-url': 'http://c',
    'index-strategy': 'unsafe-best-match',
    'allow-insecure-host': ['c:443'],
  })
})

t.test('odd URLs are read back to the letter', async (t) => {
  const odd = 'https://user:p%40ss=w;x@mirror.example/"simple"?a=b;c#d\'[x]{y}'
  t.same(read([odd]), { 'index-url': odd })
})

const settings = {
  indexes: [indexAt('http://a')],
  unverifiedHosts: [],
  trustedHosts: [],
  retries: 3,
  unreachable: 'drop',
} as const
const path = '/etc/uv/uv.toml'

t.test("what the image's own file sets besides indexes stays in force, line by line", async (t) => {
  const own = `# own
offline = true # why
cache-dir = "/srv"
index-url = "http://own"
pip.find-links = [
  "/srv", # all
]
pip.strict = true

[[index]]
url = "http://own"

[other]
index-url = "is another key"
`
  const text = renderUvToml(settings, { path, own }, 'none')
  t.match(text, /\nindex-url = "http:\/\/a"\nno-cache = true\n# own\noffline = true # why\npip\.strict = true\n/)
  t.match(text, /\n\[other\]\nindex-url = "is another key"\n$/)
  t.notMatch(text, /own"|srv/)
  t.match(
    renderUvToml(settings, { path, own: undefined }, { folder: '/c' }),
    /\nno-cache = false\ncache-dir = "\/c"\nlink-mode = "copy"\n$/,
  )
})

t.test('a file that cannot be read, or in which indexes cannot be replaced, is refused by its name', async (t) => {
  t.throws(() => renderUvToml(settings, { path, own: 'a = ' }), { message: /^\/etc\/uv\/uv\.toml .* \(line 1\)/ })
  const inline = 'pip = { strict = true, index-url = "http://own" }\n'
  t.throws(() => renderUvToml(settings, { path, own: inline }), {
    message: /^\/etc\/uv\/uv\.toml .* cannot be replaced/,
  })
})
