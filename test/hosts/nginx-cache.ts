import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeMirror, wheelsOf } from '../support/servers/mirror.js'
import { startNginx } from '../support/servers/nginx.js'
import { assignments, documented, recipe } from '../support/servers/recipes.js'
import { serveMirror } from '../support/servers/server.js'
import { freePort } from '../support/servers/start-server.js'

needsRoot(t)

/**
 * Starts nginx as the recipe has it, with what each answer was to its cache in the file `answers`.
 *
 * @param t The test.
 * @param scratch A folder to make.
 * @param pages The port of the upstream's pages.
 * @param files The port of its files.
 * @returns Its port.
 */
const startCache = async (t: Test, scratch: string, pages: number, files: number): Promise<number> => {
  const port = await freePort()
  const blocks = recipe('nginx as a cache', {
    '/var/cache/nginx/pypi': 'cache',
    'listen 3144': `listen 127.0.0.1:${port}`,
    'https://INDEX': `http://127.0.0.1:${pages}`,
    'https://FILES': `http://127.0.0.1:${files}`,
    // So that pages are old in the second build.
    '200 404 10m': '200 404 1s',
  })
  const accesses = `log_format answers '$upstream_cache_status $uri';\naccess_log answers answers;\n`
  await startNginx(t, scratch, port, `${accesses}${blocks}`)
  return port
}

t.test('nginx as a cache serves a build again when the upstream is away', async (t) => {
  const scratch = scratchFolder(t)
  // One upstream has its files on another host, as the official index has; the other beside its pages, by relative links.
  const [apart, beside] = [join(scratch, 'apart'), join(scratch, 'beside')]
  makeMirror(apart, [{ name: 'demo-app', version: '1.0', text: 'x = 1', requirements: ['demo-lib'] }])
  makeMirror(beside, [{ name: 'demo-lib', version: '2.1', text: 'x = 1' }])
  const [app = '', lib = ''] = [...wheelsOf(apart), ...wheelsOf(beside)]
  for (const [folder, project, wheel] of [
    [apart, 'demo-app', app],
    [beside, 'demo-lib', lib],
  ] as const) {
    mkdirSync(join(folder, 'packages'))
    renameSync(join(folder, project, wheel), join(folder, 'packages', wheel))
  }
  const [pages, files, both] = [
    await serveMirror(t, apart),
    await serveMirror(t, apart),
    await serveMirror(t, beside),
  ] as const
  const absolute = `http://127.0.0.1:${files.port}/packages/${app}`
  writeFileSync(join(apart, 'demo-app', 'index.html'), `<a href="${absolute}">${app}</a>\n`)
  writeFileSync(join(beside, 'demo-lib', 'index.html'), `<a href="../../packages/${lib}">${lib}</a>\n`)
  const folders = [join(scratch, 'nginx-apart'), join(scratch, 'nginx-beside')] as const
  const first = await startCache(t, folders[0], pages.port, files.port)
  const second = await startCache(t, folders[1], both.port, both.port)

  const build = {
    environment: {
      ...assignments(documented('fleet.md', 'nginx as a cache', 1, { ':3144/': `:${first}/` })),
      DIB_PYPI_MIRROR_URL_1: `http://127.0.0.1:${second}/simple/`,
      DIB_PYPI_UNREACHABLE: 'fail',
    },
    inChroot: 'python3 -m pip install --no-cache-dir --target /opt/demo demo-app',
    compare: false,
  }
  const installed = /Successfully installed demo-app-1\.0 demo-lib-2\.1/
  const online = await runPhases(scratch, build)
  succeeded(t, online)
  t.match(online.log, installed)
  t.ok(
    files.requests.every((path) => path === `/packages/${app}`),
    'the files of the first are of its other host',
    { requests: files.requests },
  )

  await Promise.all([pages.stop(), files.stop(), both.stop()])
  // What was asked for a moment ago is not old yet.
  for (const [folder, port] of [
    [folders[0], first],
    [folders[1], second],
  ] as const) {
    for (const project of ['demo-app', 'demo-lib']) {
      const isOld = (): boolean => readFileSync(join(folder, 'answers'), 'utf8').includes(`STALE /simple/${project}/`)
      while (!isOld()) await fetch(`http://127.0.0.1:${port}/simple/${project}/`).then((answer) => answer.text())
    }
  }
  const away = await runPhases(scratch, build)
  succeeded(t, away)
  t.match(away.log, installed, 'the upstreams are away')
  const answers = folders.map((folder) => readFileSync(join(folder, 'answers'), 'utf8'))
  t.match(
    answers[0],
    new RegExp(`STALE /simple/demo-app/\nHIT /packages/${app}`),
    'a page that is old, a file that is not',
  )
  t.match(answers[0], 'STALE /simple/demo-lib/', 'that it has no such project is known, too')
  t.match(answers[1], new RegExp(`STALE /simple/demo-lib/\nHIT /packages/${lib}`))
})
