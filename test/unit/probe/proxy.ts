import { execFileSync } from 'node:child_process'
import t from 'tap'
import { proxyFor } from '../../../element-src/lib/probe/proxy.js'

const proxies = {
  http_proxy: 'http://p.example:1',
  HTTPS_PROXY: 'q.example:2',
}
const proxyOf = (url: string, environment: Record<string, string> = proxies) =>
  proxyFor(new URL(url), environment)?.href

t.test('by the scheme, small letters first', async (t) => {
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

t.test('PIP_PROXY wins', async (t) => {
  t.equal(
    proxyOf('http://a.example', { ...proxies, PIP_PROXY: 'http://u:p@own.example:8', no_proxy: '*' }),
    'http://u:p@own.example:8/',
  )
})

t.test("no_proxy is read as Python's requests reads it", async (t) => {
  const hosts = ['a.example', 'b.a.example', 'xa.example', 'other.test', '10.1.2.3', '192.168.0.1']
  const lists = [
    '*',
    'a.example',
    '.a.example',
    '10.0.0.0/8',
    '10.1.2.3,other.test',
    ' a.example:80 , nothing',
    'example',
    '10.1',
    '10.1.2.0/33',
  ]
  const program = `import sys, json
from pip._vendor.requests.utils import should_bypass_proxies as bypass
import os
for line in sys.stdin:
    url, no_proxy = json.loads(line)
    os.environ['no_proxy'] = no_proxy
    print(json.dumps(bool(bypass(url, no_proxy=None))))`
  const cases = lists.flatMap((list) => hosts.map((host) => [`http://${host}/simple`, list] as const))
  const input = cases.map((one) => JSON.stringify(one)).join('\n')
  const asRequests = execFileSync('/usr/bin/python3', ['-c', program], { input, encoding: 'utf8' }).trim().split('\n')
  t.ok(asRequests.includes('true') && asRequests.includes('false'))
  t.same(
    cases.map(([url, list]) => [url, list, proxyOf(url, { ...proxies, no_proxy: list }) === undefined]),
    cases.map((one, i) => [...one, asRequests[i] === 'true']),
  )
})
