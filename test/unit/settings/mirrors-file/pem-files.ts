import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { errorMessage } from '../../../../element-src/lib/base/errors.js'
import { readMirrorsFile } from '../../../../element-src/lib/settings/mirrors-file/read-mirrors-file.js'
import { makeCertificate, makeClientCertificate } from '../../../support/servers/certificate.js'

t.test('CA certificates and client certificates are read, and what cannot be used is refused', async (t) => {
  const folder = t.testdir({})
  const tls = join(folder, 'tls')
  makeCertificate(tls)
  makeClientCertificate(tls)
  execFileSync('openssl', ['pkey', '-in', 'client.key', '-aes256', '-passout', 'pass:x', '-out', 'closed.key'], {
    cwd: tls,
  })
  const text = (name: string): string => readFileSync(join(tls, name), 'utf8')
  writeFileSync(join(tls, 'both.pem'), text('client.crt') + text('client.key'))
  const file = join(folder, 'mirrors.ini')
  const read = (lines: string) => {
    writeFileSync(file, `[corp]\nurl = https://corp.example/\n${lines}\n`)
    try {
      return readMirrorsFile(file, [], {}, new Date()).indexes[0]
    } catch (error) {
      return errorMessage(error)
    }
  }
  t.match(read('ca = tls/ca.crt\nclient-cert = tls/client.crt\nclient-key = tls/client.key'), {
    ca: text('ca.crt'),
    clientCert: text('client.crt'),
    clientKey: text('client.key'),
  })
  t.match(read(`client-cert = ${tls}/both.pem`), { clientCert: text('both.pem') })
  const refused: Readonly<Record<string, RegExp>> = {
    'ca = tls': /line 3: ca in \[corp\] is \S+\/tls, which is a folder: name a file$/,
    'ca = tls/none': /line 3: ca in \[corp\] is \S+\/tls\/none, which is not there: fix the path or the file$/,
    'ca = tls/client.key': /ca in \[corp\] is \S+, which holds no certificate in PEM: name such a file$/,
    'client-cert = tls/client.crt':
      /client-cert in \[corp\] holds no private key .*: name the file of its key in client-key$/,
    'client-cert = tls/client.crt\nclient-key = tls/closed.key':
      /client-key in \[corp\] .* no private key without a passphrase/,
    'client-cert = tls/client.crt\nclient-key = tls/server.key':
      /client-cert in \[corp\] and its private key do not belong/,
  }
  for (const [lines, expected] of Object.entries(refused)) t.match(read(lines), expected, lines.replace('\n', ', '))
})
