import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import type { ProbeResult } from '../../../element-src/lib/probe/verdict.js'
import type { Index } from '../../../element-src/lib/settings/index-list.js'
import { makeCertificate, makeClientCertificate } from '../../support/servers/certificate.js'
import { listen } from '../../support/servers/listen.js'
import { probe } from '../../support/servers/probe.js'

t.test('an index of a mirrors file is asked as the file says, and a fault names its key', async (t) => {
  const folder = join(t.testdir({}), 'tls')
  const tls = makeCertificate(folder)
  const client = makeClientCertificate(folder)
  const text = (path: string): string => readFileSync(path, 'utf8')
  const server = createServer(
    {
      key: text(tls.key),
      cert: text(tls.certificate),
      ca: text(tls.authority),
      requestCert: true,
      rejectUnauthorized: true,
    },
    (_request, response) => response.writeHead(200).end('<a href="x-1.0.tar.gz">x</a>'),
  )
  const { port } = await listen(t, server)
  const ask = (index: Partial<Index>): Promise<ProbeResult> =>
    probe(`https://127.0.0.1:${port}/simple`, { asker: 'file', index })
  const known = { clientCert: text(client.certificate), clientKey: text(client.key) }
  const ca = text(tls.authority)
  t.match(await ask({}), {
    state: 'refuses',
    reason: /^it has a certificate that the host does not trust \(\w+\): name its CA in the mirrors file \(ca\)/,
  })
  t.match(await ask({ ca }), {
    state: 'refuses',
    reason: /^it wants a client certificate: name a PEM file of the host in client-cert of the mirrors file$/,
  })
  t.match(await ask({ ca, ...known }), { state: 'up' })
  t.match(await ask({ ca, clientCert: known.clientCert + known.clientKey }), { state: 'up' }, 'both in one')
  t.match(await ask({ trusted: true, ...known }), { state: 'up' })
})
