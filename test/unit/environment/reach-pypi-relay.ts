import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { project } from '../../../build/project.js'

const script = readFileSync(join(project, 'element-src', 'pypi', 'environment.d', '01-reach-pypi-relay.bash'), 'utf8')

/** What a hook has after the file was sourced as dib-run-parts does it, with the relay's marker beside it or without. */
const sourced = (
  t: Test,
  environment: Readonly<Record<string, string | undefined>>,
  { hasRelay = true, text = script } = {},
): Readonly<Record<string, string>> => {
  const folder = t.testdir({ 'environment.d': { file: text }, pypi: hasRelay ? { 'relay.json': '{}' } : {} })
  const args = ['-euo', 'pipefail', '-c', 'source "$1"; exec env -0', 'bash', join(folder, 'environment.d', 'file')]
  const ran = spawnSync('bash', args, { encoding: 'utf8', env: { PATH: process.env['PATH'], ...environment } })
  if (ran.status !== 0) throw new Error(ran.stderr)
  return Object.fromEntries(
    ran.stdout.split('\0').map((line) => [line.replace(/=[\s\S]*/, ''), line.replace(/^[^=]*=/, '')]),
  )
}

t.test('where extra-data.d left word of a relay, installers reach 127.0.0.1 without a proxy', async (t) => {
  const { no_proxy, NO_PROXY } = sourced(t, { http_proxy: 'http://127.0.0.1:1' })
  t.equal(no_proxy, '127.0.0.1')
  t.equal(NO_PROXY, '127.0.0.1')
})

t.test('what the user has there stays', async (t) => {
  t.match(sourced(t, { no_proxy: 'a.example,b.example' }), {
    no_proxy: 'a.example,b.example,127.0.0.1',
    NO_PROXY: 'a.example,b.example,127.0.0.1',
  })
  t.match(sourced(t, { NO_PROXY: 'a.example' }), { no_proxy: 'a.example,127.0.0.1' }, 'in capitals, too')
  t.match(sourced(t, { no_proxy: '127.0.0.1,b' }), { no_proxy: '127.0.0.1,b' }, 'once is enough')
  t.match(sourced(t, { no_proxy: '*' }), { no_proxy: '*' })
})

t.test('PIP_PROXY, which overrides no_proxy, is unset in the chroot alone', async (t) => {
  const environment = { PIP_PROXY: 'http://127.0.0.1:1' }
  t.match(sourced(t, environment), environment, 'on the host the relay uses it')
  t.match(script, '!= /tmp/in_target.d/*', 'the folder in which dib has hooks in the chroot')
  const text = script.replaceAll('/tmp/in_target.d/', `${t.testdirName}/`)
  t.notHas(sourced(t, environment, { text }), { PIP_PROXY: /./ })
})

t.test('it decides nothing by settings: without word of a relay nothing changes', async (t) => {
  const text = script.replaceAll('/tmp/in_target.d/', `${t.testdirName}/`)
  const environment = {
    DIB_OFFLINE: '1',
    DIB_PYPI_FILL_MIRROR: '1',
    DIB_PYPI_RELAY: 'always',
    DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
    PIP_PROXY: 'http://127.0.0.1:1',
    http_proxy: 'http://127.0.0.1:1',
  }
  const left = sourced(t, environment, { hasRelay: false, text })
  t.match(left, environment)
  t.notHas(left, { no_proxy: /./ })
})
