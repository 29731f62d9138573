import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { authorization, credentialsOf } from '../../element-src/lib/http/url.js'
import * as fixtures from '../support/setup/fixtures.js'

const pips = await fixtures.unpackedPips()

const sent = (url: string): string | undefined =>
  authorization('Authorization', credentialsOf(new URL(url)))['Authorization']

t.test('credentials are sent as pip sends them', async (t) => {
  const urls = [
    'http://a:b@x/',
    'http://m%C3%BCller:p%C3%A4%40ss@x/',
    'http://token@x/',
    'http://a:100%@x/',
    'http://u:%2520@x/',
  ]
  const program = `import sys
from urllib.parse import unquote, urlsplit
from pip._internal.utils.misc import split_auth_from_netloc
from pip._vendor.requests.auth import _basic_auth_str
for line in sys.stdin:
    _, (user, password) = split_auth_from_netloc(urlsplit(line.strip()).netloc)
    print(_basic_auth_str(user or '', password or ''))`
  for (const wheel of readdirSync(pips).filter((name) => /^pip-2[36]/.test(name))) {
    const env = { PATH: process.env['PATH'], PYTHONPATH: join(pips, wheel) }
    const asPip = execFileSync('/usr/bin/python3', ['-c', program], { input: urls.join('\n'), encoding: 'utf8', env })
    t.same(urls.map(sent), asPip.trim().split('\n'), wheel)
  }
})

t.test('what Latin-1 does not have is sent as UTF-8, and without credentials there is no header', async (t) => {
  t.equal(sent('http://a:%E2%82%AC@x/'), `Basic ${Buffer.from('a:€').toString('base64')}`)
  t.equal(sent('http://x/'), undefined)
})
