import t from 'tap'
import { indexAt, urlWithCredentials } from '../../../element-src/lib/settings/index-list.js'

t.test('a URL that pip can use is taken, and its host is known', async (t) => {
  const hosts: Readonly<Record<string, string>> = {
    'http://mirror.example/simple': 'mirror.example',
    'https://mirror.example:8443/simple/': 'mirror.example',
    'HTTP://Mirror.Example': 'Mirror.Example',
    'http://user:p%40ss=w;x@[2001:db8::1]:3141/root/pypi/+simple/': '2001:db8::1',
    'http://user@name@mirror.example/a=b;c/simple?d=e#f': 'mirror.example',
    'file:///tmp/pypi': '',
    'file:///tmp/pypi/simple/': '',
  }
  for (const [written, host] of Object.entries(hosts)) {
    const parsed = indexAt(written, 'X')
    t.equal(parsed.host, host)
    t.equal(urlWithCredentials(parsed), written, 'installers without a relay get what the user wrote')
    t.notMatch(parsed.url, /@/)
  }
  t.match(indexAt('http://user:p%40ss@a.example/x', 'X'), {
    url: 'http://a.example/x',
    credentials: { username: 'user', password: 'p@ss' },
    label: 'http://user:****@a.example/x',
  })
})

t.test('what pip would misread is refused, by the name of its variable and without its value', async (t) => {
  const refused: Readonly<Record<string, RegExp>> = {
    'mirror.example/simple': /begins with http:\/\/, https:\/\/ or file:\/\/\//,
    'ftp://secret@mirror.example/': /begins with ftp:\/\/: use http/,
    'git+https://secret@mirror.example/': /begins with git\+https:\/\//,
    'http://secret@mirror.example/a b': /white space/,
    'http://secret@mirror.example/\n[global]\nindex-url = http://evil.example': /control character/,
    'http://secret@mirror.example/\u0007': /control character/,
    'http://secret@mirror.example/\u00a0': /white space/,
    'http://secret@mirrör.example/': /outside ASCII/,
    'http://secret@mirror.example\\@evil.example/': /backslash/,
    'file://tmp/pypi': /write file:\/\/\/tmp\/pypi/,
    'file://localhost/tmp/pypi': /write file:\/\/\/tmp\/pypi/,
    'file:/tmp/pypi': /three slashes/,
    'http:///simple': /no host/,
    'http://user:se/cret@mirror.example/': /no host, or a port/,
    'http://user:secret@mirror.example:port/': /no host, or a port/,
    'http://user:secret@:80/': /no host/,
    'http://': /no host/,
  }
  for (const [url, message] of Object.entries(refused)) {
    try {
      indexAt(url, 'DIB_PYPI_MIRROR_URL_2')
      t.fail(`taken: ${JSON.stringify(url)}`)
    } catch (error) {
      const text = String(error instanceof Error ? error.message : error)
      t.match(text, message, JSON.stringify(url))
      t.match(text, /^DIB_PYPI_MIRROR_URL_2 /)
      t.notMatch(text, /secret|\n/)
    }
  }
})
