import { execFileSync } from 'node:child_process'
import t from 'tap'
import { renderUvToml } from '../../../../element-src/lib/installers/uv/uv-toml.js'

const read = (urls: readonly string[], unverifiedHosts: readonly string[] = []): unknown => {
  const indexes = urls.map((url) => ({ url, isOfficial: false }))
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
