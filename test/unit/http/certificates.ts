import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { systemAuthorities } from '../../../element-src/lib/http/connection.js'

t.test('the authorities of each distribution, of variables and of the certifi of pip are found', async (t) => {
  const paths = [
    '/etc/ssl/certs/ca-certificates.crt',
    '/etc/pki/tls/certs/ca-bundle.crt',
    '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
    '/etc/ssl/ca-bundle.pem',
    '/etc/ssl/cert.pem',
    '/usr/lib/python3/dist-packages/pip/_vendor/certifi/cacert.pem',
    '/usr/local/lib/python3.13/site-packages/pip/_vendor/certifi/cacert.pem',
    '/usr/lib64/python3.12/site-packages/pip/_vendor/certifi/cacert.pem',
  ]
  for (const path of [...paths, '/own/one.pem', '/own/two.pem']) {
    const root = t.testdir({})
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), path)
    t.same(systemAuthorities({ SSL_CERT_FILE: '/own/one.pem', PIP_CERT: '/own/two.pem' }, root), [path])
  }
  t.same(systemAuthorities({}, t.testdir({ etc: { ssl: { 'cert.pem': {} } } })), [], 'a folder is none')
})
