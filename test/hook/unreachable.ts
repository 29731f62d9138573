import { createSocket } from 'node:dgram'
import { createServer } from 'node:http'
import { createServer as createTcpServer, type Server } from 'node:net'
import t, { type Test } from 'tap'
import { localMirror, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { listen } from '../support/servers/listen.js'
import { makeMirror } from '../support/servers/mirror.js'
import { assignments, documented } from '../support/servers/recipes.js'

needsRoot(t)

/** Serves until the test ends; says the URL of an index there. */
const serve = async (t: Test, server: Server): Promise<string> =>
  `http://127.0.0.1:${(await listen(t, server)).port}/simple`

const refused = 'http://127.0.0.1:1/simple'
const showFiles = 'cat /root/.pip/pip.conf; cat /root/.pydistutils.cfg; cat /root/.config/uv/uv.toml'

const run = async (t: Test, environment: Readonly<Record<string, string>>, prepare = ''): Promise<RanPhases> => {
  const scratch = scratchFolder(t)
  makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1', text: 'x = 1' }])
  return runPhases(scratch, {
    environment: { DIB_NO_PYPI_PIP: '1', ...environment },
    prepare,
    inChroot: `${showFiles}\npython3 -m pip install --no-cache-dir --target /tmp/x demo-app; rm -rf /tmp/x`,
  })
}

t.test('what is down is left out of what pip, easy_install and uv are told, once and for all', async (t) => {
  const silent = await serve(t, createTcpServer())
  const ran = await run(t, {
    DIB_PYPI_MIRROR_URL: refused,
    DIB_PYPI_MIRROR_URL_1: silent.replace('http://', 'http://user:secret@'),
    DIB_PYPI_MIRROR_URL_2: 'file:///tmp/pypi',
    DIB_PYPI_MIRROR_URL_3: 'file:///srv/nowhere',
    DIB_PYPI_RELAY: 'never',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  const without = 'left out of this build (DIB_PYPI_UNREACHABLE=drop)'
  t.same(
    ownLines(ran.log).filter((line) => / is (?:down|a folder)/.test(line)),
    [
      `warning: ${refused} is down (N ms): it refuses the connection; ${without}`,
      `warning: ${silent.replace('http://', 'http://user:****@')} is down (N ms): no answer in 3 s; ${without}`,
      'file:///tmp/pypi is a folder, N ms',
      `warning: file:///srv/nowhere is down (N ms): the image has no such folder: put the host's mirror into DIB_IMAGE_CACHE/pypi/mirror, and write file:///tmp/pypi; ${without}`,
    ],
  )
  const [, shown = ''] = ran.log.split('# Of the pypi element')
  t.match(shown, /^index-url = file:\/\/\/tmp\/pypi$/m, 'pip')
  t.match(ran.log, /^index_url = file:\/\/\/tmp\/pypi$/m, 'easy_install')
  t.match(ran.log, /^index-url = "file:\/\/\/tmp\/pypi"$/m, 'uv')
  t.notMatch(ran.log, /^extra-index-url/m)
  t.match(ran.log, /Successfully installed demo-app-1/)
  t.same(ran.differences, [])
})

t.test('with keep, pip asks a mirror that is down all the same, and the user is told', async (t) => {
  const ran = await run(t, {
    ...assignments(documented('README.md', 'Get a mirror', 0, { 'http://mirror.example/simple': refused })),
    DIB_PYPI_UNREACHABLE: 'keep',
    DIB_PIP_RETRIES: '0',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  t.ok(ownLines(ran.log).includes(`warning: ${refused} is down (N ms): it refuses the connection; pip still asks it`))
  t.match(ran.log, /^index-url = http:\/\/127\.0\.0\.1:1\/simple$/m)
  t.match(ran.log, /^extra-index-url = \["http:\/\/127\.0\.0\.1:1\/simple"\]$/m, 'uv')
})

t.test('with fail, a mirror that is down ends the build before anything is mounted over the image', async (t) => {
  const denying = await serve(
    t,
    createServer((_asked, response) => response.writeHead(401).end()),
  )
  for (const url of [refused, denying]) {
    const ran = await run(t, {
      DIB_PYPI_MIRROR_URL: url,
      DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
      DIB_PYPI_UNREACHABLE: 'fail',
    })
    t.not(ran.status, 0)
    t.match(
      ownLines(ran.log).at(-1),
      `error: ${url} cannot be used, and DIB_PYPI_UNREACHABLE is fail: see the warning above; fix it, or write drop or keep`,
    )
    t.notMatch(ran.log, /Of the pypi element/, 'no other hook ran')
  }
})

t.test('a name server that is silent holds a build up for three seconds, not for ten', async (t) => {
  const server = createSocket('udp4')
  await new Promise<void>((resolve) => server.bind(53, '127.0.0.99', resolve))
  t.teardown(() => new Promise<void>((resolve) => server.close(() => resolve())))
  const asked = new Promise((resolve) => server.once('message', resolve))
  const ran = await run(
    t,
    {
      DIB_PYPI_MIRROR_URL: 'http://mirror.example/simple',
      DIB_PYPI_MIRROR_URL_1: 'http://pinned.example:1/simple',
      DIB_PYPI_MIRROR_URL_2: 'file:///tmp/pypi',
    },
    'echo nameserver 127.0.0.99 >$ROOT/etc/resolv.conf; echo 127.0.0.1 pinned.example >>$ROOT/etc/hosts',
  )
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  await asked
  t.match(ran.log, /mirror\.example\/simple is down \(\d+ ms\): no answer in 3 s/)
  t.match(
    ran.log,
    /pinned\.example:1\/simple is down \(\d+ ms\): it refuses the connection/,
    "the image's own /etc/hosts counts",
  )
  t.match(ran.log, /Successfully installed demo-app-1/)
  t.same(ran.differences, [])
})
