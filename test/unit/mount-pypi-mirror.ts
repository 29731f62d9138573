import { readdirSync, readFileSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import t from 'tap'
import { mountPypiMirror } from '../../element-src/lib/mount-pypi-mirror.js'
import { indexAt } from '../../element-src/lib/settings/index-list.js'
import { pathWith } from '../support/builds/path.js'
import { listen } from '../support/servers/listen.js'

t.test('a folder that another tool made is not filled', async (t) => {
  const folder = t.testdir({
    cache: { pypi: { mirror: { demo: { 'index.html': '<a href="demo-1.zip">demo-1.zip</a>' } } } },
    build: { mnt: {}, hooks: {} },
  })
  const environment = {
    TMP_BUILD_DIR: join(folder, 'build'),
    TMP_HOOKS_PATH: join(folder, 'build/hooks'),
    TMP_MOUNT_PATH: join(folder, 'build/mnt'),
    DIB_IMAGE_CACHE: join(folder, 'cache'),
    DIB_PYPI_FILL_MIRROR: '1',
  }
  await t.rejects(mountPypiMirror(environment), {
    name: 'UserError',
    message: /so DIB_PYPI_FILL_MIRROR does not touch/,
  })
})

t.test('where a mount fails, the relay is ended, and all that was staged was closed to other users', async (t) => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push(request.method)
    response.end('{}')
  })
  const { port } = await listen(t, server)
  const answer = { control: `http://127.0.0.1:${port}/`, indexes: [indexAt('http://127.0.0.1:1/t/1-folder/simple')] }
  const relay = `cat >"\${0%/*}/told"; echo '${JSON.stringify(answer)}'\n`
  const folder = t.testdir({
    cache: { pypi: { mirror: { 'demo-1-py3-none-any.whl': '' } } },
    build: { mnt: { tmp: {} }, hooks: { 'pypi-relay': { 'pypi-relay': relay } } },
  })
  const build = join(folder, 'build')
  const path = process.env['PATH']
  t.teardown(() => {
    process.env['PATH'] = path
  })
  process.env['PATH'] = pathWith(join(folder, 'bin'), 'sudo', 'echo "sudo: not for you" >&2; exit 1')
  // An empty one switches off that in capitals, for pip as for the relay.
  const proxies = { https_proxy: 'http://proxy.example:3128', http_proxy: '', HTTP_PROXY: 'http://proxy.example:3128' }
  await t.rejects(
    mountPypiMirror({
      TMP_BUILD_DIR: build,
      TMP_HOOKS_PATH: join(build, 'hooks'),
      TMP_MOUNT_PATH: join(build, 'mnt'),
      DIB_IMAGE_CACHE: join(folder, 'cache'),
      DIB_OFFLINE: '1',
      DIB_PYPI_RELAY: 'always',
      ...proxies,
      OTHER_TOKEN: 'secret',
    }),
    { name: 'UserError', message: /sudo: not for you/ },
  )
  t.equal(asked.at(-1), 'POST', 'the relay is ended')
  const told = JSON.parse(readFileSync(join(build, 'hooks', 'pypi-relay', 'told'), 'utf8'))
  t.same(told.environment, proxies, 'which was told of no other variable')
  const mode = (...names: readonly string[]): number => statSync(join(build, 'hooks', ...names)).mode & 0o777
  t.equal(mode('pypi'), 0o700)
  t.equal(mode('..'), 0o700, 'the build folder, which dib leaves open on tmpfs')
  for (const name of readdirSync(join(build, 'hooks', 'pypi')).filter((name) => name.endsWith('.json')))
    t.equal(mode('pypi', name), 0o600, name)
})
