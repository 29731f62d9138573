import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { proxyFor } from '../../element-src/lib/http/way.js'
import * as fixtures from '../support/setup/fixtures.js'

const pips = await fixtures.unpackedPips()

const proxies = {
  http_proxy: 'http://p.example:1',
  HTTPS_PROXY: 'q.example:2',
}
const proxyOf = (url: string, environment: Record<string, string> = proxies) =>
  proxyFor(new URL(url).href, environment)?.href

t.test("a proxy is chosen by the URL's scheme, variables in small letters first", async (t) => {
  t.equal(proxyOf('http://a.example/simple'), 'http://p.example:1/')
  t.equal(proxyOf('https://a.example/simple'), 'http://q.example:2/', 'without a scheme it is http')
  t.equal(proxyOf('https://a.example', { ...proxies, https_proxy: 'http://r.example' }), 'http://r.example/')
  t.equal(
    proxyOf('https://a.example', { ...proxies, https_proxy: '' }),
    undefined,
    'set to nothing, it is switched off',
  )
  t.equal(proxyOf('https://a.example', { all_proxy: 'http://s.example' }), 'http://s.example/')
  t.equal(proxyOf('https://a.example', {}), undefined)
  t.equal(proxyOf('https://a.example', { https_proxy: 'http://[' }), undefined)
})

t.test('PIP_PROXY wins over the other variables', async (t) => {
  t.equal(
    proxyOf('http://a.example', { ...proxies, PIP_PROXY: 'http://u:p@own.example:8', no_proxy: '*' }),
    'http://u:p@own.example:8/',
  )
})

/** Environments, and URLs as a user writes them, of which pip's own code says which proxy it takes. */
const noProxies = [
  undefined,
  '',
  '*',
  'a.example',
  '.a.example',
  'A.Example',
  '10.0.0.0/8',
  '10.0.0.0/0',
  '10.1.2.3,other.test',
  ' a.example:80 , nothing',
  'example',
  '10.1',
  '0.0.1',
  '127.0.0.1:80',
  '127.1',
  '127.0.0.1/32',
  '10.1.2.0/33',
  '::1',
  '[::1]',
  '::1:80',
  'localhost:3141',
  ':80',
  '1',
]
const urls = [
  'http://a.example/simple',
  'http://A.example:80/simple',
  'http://u:p@b.a.example:8080/simple',
  'https://xa.example/simple',
  'https://other.test:443',
  'http://10.1.2.3/simple',
  'http://127.0.0.1:80/simple',
  'http://127.0.0.1:3141/simple',
  'http://localhost:3141/',
  'http://[::1]/simple',
  'http://[::1]:80/simple',
  'http://[FE80::1]/simple',
]
const environments = [
  ...noProxies.map((list) => ({ ...proxies, ...(list === undefined ? {} : { no_proxy: list }) })),
  { ...proxies, NO_PROXY: 'a.example' },
  { ...proxies, NO_PROXY: 'a.example', no_proxy: '' },
  { ...proxies, NO_PROXY: 'a.example', no_proxy: 'other.test' },
  { HTTP_PROXY: 'http://p.example:1', http_proxy: '', all_proxy: 'http://all.example' },
  { ALL_PROXY: 'socks5h://socks.example:1080' },
  { all_proxy: 'socks5h://u:p@socks.example:1080', https_proxy: 'https://q.example' },
]

t.test("variables are read as pip's own requests reads them", async (t) => {
  const program = `import sys, json, os
from pip._vendor.requests.utils import get_environ_proxies, select_proxy
for line in sys.stdin:
    url, environment = json.loads(line)
    for name in [name for name in os.environ if name.lower().endswith('_proxy')]:
        del os.environ[name]
    os.environ.update(environment)
    print(json.dumps(select_proxy(url, get_environ_proxies(url)) or None))`
  const cases = environments.flatMap((environment) => urls.map((url) => [url, environment] as const))
  const input = cases.map((one) => JSON.stringify(one)).join('\n')
  const ours = cases.map(([url, environment]) => proxyFor(url, environment as Record<string, string>)?.host ?? null)
  const wheels = readdirSync(pips).filter((name) => /^pip-2[1356]\./.test(name))
  t.ok(wheels.length >= 4)
  for (const wheel of wheels) {
    const env = { PATH: process.env['PATH'], PYTHONPATH: join(pips, wheel) }
    const asRequests = execFileSync('/usr/bin/python3', ['-c', program], { input, encoding: 'utf8', env })
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as string | null)
    const hosts = asRequests.map((url) => url && new URL(url.includes('://') ? url : `http://${url}`).host)
    t.ok(hosts.includes('p.example:1') && hosts.includes(null))
    // From requests 2.34 an entry matches whole labels only: a.example no longer goes for xa.example.
    const isStricter = wheel.startsWith('pip-26')
    t.same(
      cases.flatMap((one, i) =>
        ours[i] === hosts[i] || (isStricter && ours[i] === null) ? [] : [[...one, ours[i], hosts[i]]],
      ),
      [],
      wheel,
    )
  }
})
