import t from 'tap'
import { isSameServer } from '../../../element-src/lib/http/url.js'

t.test('what is shown to a server is shown at its scheme, host and port, and after http also at https', async (t) => {
  const isSame = (own: string, url: string): boolean => isSameServer(new URL(own), new URL(url))
  t.ok(isSame('https://a.example/simple', 'https://a.example:443/files'))
  t.ok(isSame('http://a.example/simple', 'https://a.example/files'), 'as requests')
  for (const [own, url] of [
    ['https://a.example/', 'http://a.example/'],
    ['http://a.example:8080/', 'https://a.example/'],
    ['http://a.example/', 'https://a.example:8443/'],
    ['http://a.example/', 'http://a.example:8080/'],
    ['http://a.example/', 'https://b.example/'],
  ] as const)
    t.notOk(isSame(own, url), `${own} ${url}`)
})
