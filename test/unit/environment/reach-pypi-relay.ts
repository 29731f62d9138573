import { spawnSync } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'

const file = join(project, 'element-src', 'pypi', 'environment.d', '01-reach-pypi-relay.bash')

/** What a hook has after the file was sourced as dib-run-parts does it. */
const sourced = (
  environment: Readonly<Record<string, string | undefined>>,
  path = file,
): Readonly<Record<string, string>> => {
  const ran = spawnSync('bash', ['-euo', 'pipefail', '-c', 'source "$1"; exec env -0', 'bash', path], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...environment },
  })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return Object.fromEntries(
    ran.stdout.split('\0').map((line) => [line.replace(/=[\s\S]*/, ''), line.replace(/^[^=]*=/, '')]),
  )
}

const withPassword = { DIB_PYPI_MIRROR_URL_3: 'https://user:secret@mirror.example/simple' }

t.test('where the relay is on, installers reach 127.0.0.1 without a proxy', async (t) => {
  for (const [name, environment] of Object.entries({
    'to fill the mirror': { DIB_PYPI_FILL_MIRROR: '1' },
    'for a password in a URL': withPassword,
    'for a mirrors file': { DIB_PYPI_MIRRORS: '/mirrors.ini' },
    'for a receipt': { DIB_PYPI_RECEIPT: '1' },
    'for a lock': { DIB_PYPI_LOCK: '/pypi.cdx.json' },
    always: { DIB_PYPI_RELAY: 'always' },
  })) {
    const { no_proxy, NO_PROXY } = sourced({ ...environment, http_proxy: 'http://127.0.0.1:1' })
    t.equal(no_proxy, '127.0.0.1', name)
    t.equal(NO_PROXY, '127.0.0.1', name)
  }
})

t.test('what the user has there stays', async (t) => {
  const on = { DIB_PYPI_FILL_MIRROR: '1' }
  t.match(sourced({ ...on, no_proxy: 'a.example,b.example' }), {
    no_proxy: 'a.example,b.example,127.0.0.1',
    NO_PROXY: 'a.example,b.example,127.0.0.1',
  })
  t.match(sourced({ ...on, NO_PROXY: 'a.example' }), { no_proxy: 'a.example,127.0.0.1' }, 'in capitals, too')
  t.match(sourced({ ...on, no_proxy: '127.0.0.1,b' }), { no_proxy: '127.0.0.1,b' }, 'once is enough')
  t.match(sourced({ ...on, no_proxy: '*' }), { no_proxy: '*' })
})

t.test('without the relay nothing changes', async (t) => {
  for (const environment of [
    {},
    { ...withPassword, DIB_PYPI_RELAY: 'never' },
    { DIB_PYPI_FILL_MIRROR: '1', DIB_PYPI_RELAY: 'never' },
    { DIB_PYPI_MIRROR_URL: 'https://mirror.example/a@b' },
  ]) {
    t.notHas(sourced({ ...environment, http_proxy: 'http://127.0.0.1:1' }), { no_proxy: /./ })
  }
})

t.test('PIP_PROXY, which overrides no_proxy, is unset in the chroot alone', async (t) => {
  const environment = { DIB_PYPI_FILL_MIRROR: '1', PIP_PROXY: 'http://127.0.0.1:1' }
  t.match(sourced(environment), { PIP_PROXY: 'http://127.0.0.1:1' }, 'on the host the relay uses it')
  const script = await readFile(file, 'utf8')
  t.match(script, '!= /tmp/in_target.d/*', 'the folder in which dib has hooks in the chroot')
  const folder = t.testdir({ 'file.bash': script.replaceAll('/tmp/in_target.d/', `${t.testdirName}/`) })
  t.notHas(sourced(environment, join(folder, 'file.bash')), { PIP_PROXY: /./ })
})
