import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'
import { callerEnvironment, callerVariable } from '../../../element-src/lib/settings/mirrors-file/host-files.js'

const part = (name: string): string => readFileSync(join(project, 'element-src', 'launcher', `${name}.sh`), 'utf8')

const head = part('head')
const launcher = head.slice(head.indexOf('set -eu')) + part('hand-over-environment') + part('clear-environment')

/** Shells that are /bin/sh somewhere: Debian's, Fedora's, Alpine's. */
const shells: readonly (readonly [string, ...string[]])[] = [['dash'], ['bash', '--posix'], ['busybox', 'sh']]

const caller: Readonly<Record<string, string>> = {
  PATH: process.env['PATH'] ?? '',
  DIB_PYPI_MIRRORS: '/etc/mirrors.ini',
  NODE_OPTIONS: '--inspect-brk',
  LD_BIND_NOW: '1',
  PASSWORD_STORE_DIR: '/home/me/store',
  MANY_LINES: 'one\nexport DIB_NOT_SET=three\nEND\n$(touch /nowhere)\n',
  'BASH_FUNC_token%%': '() {  echo secret\n}',
  'name.with-dots': 'x=y',
  EMPTY: '',
}

const run = (shell: readonly [string, ...string[]], environment: Readonly<Record<string, string>>) => {
  const [name, ...args] = shell
  const script = `${launcher}exec env -0\n`
  const assignments = Object.entries(environment).map(([variable, value]) => `${variable}=${value}`)
  const ran = spawnSync('env', ['-i', ...assignments, name, ...args, '-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const entries = ran.stdout.split('\0').filter(Boolean)
  const left = new Map(entries.map((entry) => [entry.replace(/=[\s\S]*/, ''), entry.replace(/^[^=]*=/, '')]))
  return { ...ran, left }
}

for (const shell of shells) {
  const isHere = spawnSync(shell[0], ['-c', ':']).error === undefined
  t.test(
    `${shell[0]} hands over all of the environment, and none of it acts on Node.js`,
    { skip: !isHere },
    async (t) => {
      const { status, stderr, left } = run(shell, caller)
      t.equal(status, 0, stderr)
      t.same(callerEnvironment(left.get(callerVariable) ?? ''), caller, 'every value as it was')
      for (const name of ['NODE_OPTIONS', 'LD_BIND_NOW', 'PASSWORD_STORE_DIR', 'MANY_LINES'])
        t.notOk(left.has(name), name)
      const { DIB_PYPI_MIRRORS: _none, ...without } = caller
      t.notOk(run(shell, without).left.has(callerVariable), 'without a mirrors file nothing is handed over')
    },
  )

  t.test(`${shell[0]} says where the environment is too large for that`, { skip: !isHere }, async (t) => {
    const { status, stderr } = run(shell, { ...caller, LARGE: 'x'.repeat(100_000) })
    t.equal(status, 1)
    t.match(stderr, /^pypi: error: DIB_PYPI_MIRRORS is set, and the environment has more than 96 KB: unset its largest/)
  })
}

t.test('a variable that is no UTF-8 is left out, and no other', async (t) => {
  const copy = Buffer.concat([Buffer.from('A=1\0B=\u00fc\0C='), Buffer.from([0xfc, 0]), Buffer.from('D=2\0')])
  t.same(callerEnvironment(copy.toString('base64')), { A: '1', B: '\u00fc', D: '2' })
})
