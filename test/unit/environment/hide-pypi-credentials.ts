import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'

const file = join(project, 'element-src', 'pypi', 'environment.d', '00-hide-pypi-credentials.bash')

/** What dib's releases record: DIB_ENV=$(...) of disk-image-create. */
const records: Readonly<Record<string, string>> = {
  'as dib 3.13 makes it': "export | grep ' DIB_.*='",
  "as dib's newest release makes it": "declare -p $(compgen -v | grep '^DIB_')",
}

for (const [name, record] of Object.entries(records)) {
  t.test(`dib's record of the environment, ${name}, loses the mirrors' credentials alone`, async (t) => {
    const urls: Readonly<Record<string, readonly [string, string]>> = {
      DIB_PYPI_MIRROR_URL: ['http://us$er:s3cret%40"w;`x\\@mirror.example/a?b=@c', 'http://****@mirror.example/a?b=@c'],
      DIB_PYPI_MIRROR_URL_1: ['https://s3cret@[::1]:80/', 'https://****@[::1]:80/'],
      DIB_PYPI_MIRROR_URL_2: ['https://user@name:s3cret@mirror.example', 'https://****@mirror.example'],
      DIB_PYPI_MIRROR_URL_3: ['https://*s3cret:*@mirror.example', 'https://****@mirror.example'],
      DIB_PYPI_MIRROR_URL_4: ['https://mirror.example/x@y', 'https://mirror.example/x@y'],
      DIB_OTHER: ['a@b', 'a@b'],
    }
    // As dib-run-parts sources it, and a hook of another element says it.
    const script = `DIB_ENV=$(${record})
export DIB_ENV
set -eu
set -o pipefail
set -o xtrace
source "$1"
set +o xtrace
exec bash -c 'echo "$DIB_ENV"'`
    const environment = Object.fromEntries(Object.entries(urls).map(([variable, [url]]) => [variable, url]))
    const ran = spawnSync('bash', ['-c', script, 'bash', file], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], ...environment },
    })
    t.equal(ran.status, 0, ran.stderr)
    const lines = ran.stdout.split('\n')
    for (const [variable, [, shown]] of Object.entries(urls))
      t.ok(lines.includes(`declare -x ${variable}="${shown}"`), variable)
    t.notMatch(ran.stdout, /s3cret/)
    t.notMatch(ran.stderr.replace(/^[\s\S]*source /, ''), /s3cret|DIB_PYPI/, 'nor does the trace show them')
  })
}

t.test('without such a record nothing happens', async (t) => {
  const ran = spawnSync('bash', ['-euc', 'source "$1"; ! declare -p DIB_ENV 2>/dev/null', 'bash', file], {
    env: {},
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  t.equal(ran.status, 0, String(ran.stderr))
})

t.test(
  'in the chroot the variables of passwords in a mirrors file are gone, and no others; on the host they stay',
  async (t) => {
    const text = readFileSync(file, 'utf8')
    const sourced = (place: string): string => {
      const folder = t.testdir({ 'environment.d': {}, pypi: { 'hidden-variables': 'CORP_PASSWORD\nNOT_SET\n' } })
      const copy = join(folder, 'environment.d', 'hide.bash')
      // The path in the chroot, moved into this test's folder.
      writeFileSync(copy, place === 'chroot' ? text.replace('/tmp/in_target.d/', `${folder}/`) : text)
      const script = `set -eu; source "$1"; printf '%s' "\${CORP_PASSWORD-none} \${OTHER-none}"`
      const ran = spawnSync('bash', ['-c', script, 'bash', copy], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        env: { PATH: process.env['PATH'], CORP_PASSWORD: 'secret', OTHER: 'other' },
      })
      return ran.stdout + ran.stderr
    }
    t.equal(sourced('chroot'), 'none other')
    t.equal(sourced('host'), 'secret other')
  },
)
