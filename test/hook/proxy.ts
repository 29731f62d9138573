import { createServer, request } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { listen } from '../support/servers/listen.js'
import { makeMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

t.test('a mirror behind a proxy is asked through it, as pip will ask it', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(join(scratch, 'mirror'), [{ name: 'demo-app', version: '1', text: 'x = 1' }])
  const { port } = await serveMirror(t, join(scratch, 'mirror'))
  const agents: string[] = []
  // The only one that knows the mirror's name.
  const proxy = createServer((asked, response) => {
    const { host, pathname } = new URL(asked.url ?? '')
    agents.push(asked.headers['user-agent'] ?? '')
    const known = host === 'mirror.internal'
    const passed = request({ host: '127.0.0.1', port: known ? port : 1, path: pathname }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers)
      answer.pipe(response)
    })
    passed.on('error', () => response.writeHead(502).end())
    passed.end()
  })
  const { port: proxyPort } = await listen(t, proxy)
  const ran = await runPhases(scratch, {
    environment: {
      DIB_PYPI_MIRROR_URL: 'http://mirror.internal/simple',
      DIB_PYPI_MIRROR_URL_1: 'http://other.internal/simple',
      DIB_NO_PYPI_PIP: '1',
      http_proxy: `http://127.0.0.1:${proxyPort}`,
    },
    inChroot: 'python3 -m pip install --no-cache-dir --target /tmp/x demo-app; rm -rf /tmp/x',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  t.match(ran.log, /Successfully installed demo-app-1/)
  t.same(
    ownLines(ran.log).filter((line) => line.includes('N ms')),
    [
      'http://mirror.internal/simple answers 200, N ms',
      `warning: http://other.internal/simple is down (N ms): its proxy http://127.0.0.1:${proxyPort} answers 502; left out of this build (DIB_PYPI_UNREACHABLE=drop)`,
    ],
  )
  t.equal(agents.filter((agent) => agent === 'dib-pypi-element').length, 3, 'a request for each mirror, one for pip')
  t.ok(
    agents.some((agent) => agent.startsWith('pip/')),
    'pip goes the same way',
  )
})
