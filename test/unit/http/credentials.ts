import t from 'tap'
import { redact } from '../../../element-src/lib/http/url.js'

t.test('no credential is left of a URL', async (t) => {
  const redacted: Readonly<Record<string, string>> = {
    'https://user:pass@mirror.example/simple': 'https://user:****@mirror.example/simple',
    'https://user:pa:s@s@mirror.example/simple': 'https://user:****@mirror.example/simple',
    'https://token@mirror.example/simple': 'https://****@mirror.example/simple',
    'https://:pass@mirror.example/simple': 'https://:****@mirror.example/simple',
    'https://mirror.example/@scope/simple': 'https://mirror.example/@scope/simple',
    'file:///tmp/pypi': 'file:///tmp/pypi',
  }
  for (const [url, text] of Object.entries(redacted)) t.equal(redact(url), text)
})
