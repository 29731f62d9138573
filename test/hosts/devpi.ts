import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { pointDevpiAt, startDevpi } from '../support/servers/devpi.js'
import { makeMirror } from '../support/servers/mirror.js'
import { assignments, documented } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'
import { freePort } from '../support/servers/start-server.js'

needsRoot(t)

/** Starts devpi-server, until the test ends, with root/pypi as a mirror of an index. */
const startOne = async (t: Test, folder: string, upstream: string): Promise<string> => {
  const port = await freePort()
  await startDevpi(t, folder, 'devpi-server', port, {
    'devpi-init': 'devpi-init --serverdir server',
    '--port 3141': '--serverdir server --port 3141',
  })
  await pointDevpiAt(port, '', upstream)
  return `http://127.0.0.1:${port}/root/pypi/+simple/`
}

t.test('a partial mirror by devpi-server: what was fetched once is served when the upstream is away', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(join(scratch, 'upstream'), [
    { name: 'demo-app', version: '1.0', text: 'x = 1', requirements: ['demo-lib'] },
    { name: 'demo-lib', version: '2.1', text: 'x = 1' },
  ])
  const upstream = await serveMirror(t, join(scratch, 'upstream'))
  const devpi = await startOne(t, scratch, `http://127.0.0.1:${upstream.port}/simple/`)
  const bare = devpi.replace('root/pypi/+simple/', '')
  const install = {
    environment: assignments(
      documented('mirrors.md', 'devpi-server', 1, { 'http://127.0.0.1:3141/root/pypi/+simple/': devpi }),
    ),
    inChroot: 'python3 -m pip install --no-cache-dir --target /opt/demo demo-app',
    compare: false,
  }
  const first = await runPhases(scratch, install)
  succeeded(t, first)
  t.match(first.log, /Successfully installed demo-app-1\.0 demo-lib-2\.1/)
  t.ok(ownLines(first.log).includes(`the build uses index ${devpi}`))
  t.match(first.log, /^pypi: the build does not ask PyPI /m)
  t.ok(upstream.requests.length > 0, 'devpi asked the upstream')

  await upstream.stop()
  const second = await runPhases(scratch, {
    ...install,
    environment: { ...install.environment, DIB_PYPI_MIRROR_URL: bare, DIB_PYPI_MIRROR_URL_1: `${bare}root/pypi` },
  })
  succeeded(t, second)
  t.same(
    ownLines(second.log).filter((line) => line.includes('devpi-server')),
    [bare, `${bare}root/pypi`].map((url) => `${url} is a devpi-server: used as ${devpi}, which answers 200, N ms`),
    'its bare address, as the original names it, and that of an index',
  )
  t.match(second.log, /Successfully installed demo-app-1\.0 demo-lib-2\.1/, "served from devpi's cache")
})
