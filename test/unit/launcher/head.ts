import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'

const part = (name: string): string => readFileSync(join(project, 'element-src', 'launcher', `${name}.sh`), 'utf8')

const head = part('head') + part('clear-environment')

/** Shells that are /bin/sh somewhere: Debian's, Fedora's, Alpine's. */
const shells: readonly (readonly [string, ...string[]])[] = [['dash'], ['bash', '--posix'], ['busybox', 'sh']]

for (const [shell, ...args] of shells) {
  const isHere = spawnSync(shell, ['-c', ':']).error === undefined
  t.test(
    `${shell} lets go of what is not the hook's, and of nothing else`,
    { skip: !isHere && `no ${shell}` },
    async (t) => {
      const script = `${head.slice(head.indexOf('set -eu'))}export -p | sed -n 's/^export \\([A-Za-z_]*\\)=.*/\\1/p'\n`
      const environment = {
        PATH: process.env['PATH'],
        NODE_OPTIONS: '--inspect-brk',
        LD_BIND_NOW: '1',
        // A user exports this to debug a build; bash does not allow to unset it.
        SHELLOPTS: 'hashall',
        MANY_LINES: "it's\nUID=5\nNODE_PATH=two\nexport DIB_NOT_SET=three\nEND\n$(touch /nowhere)",
        DIB_PYPI_MIRROR_URL: 'http://user:pass@mirror.example/$HOME/`id`',
        PIP_INDEX_URL: 'http://other.example',
        UV_INDEX: 'http://other.example',
        https_proxy: 'http://proxy.example:3128',
        NO_PROXY: 'mirror.example',
      }
      // By env, since tap adds NODE_OPTIONS of its own.
      const assignments = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
      const ran = spawnSync('env', ['-i', ...assignments, shell, ...args, '-c', script], {
        encoding: 'utf8',
        // bash with a socket for its input takes itself for a remote shell, and reads .bashrc.
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      t.equal(ran.status, 0, 'it goes on to the hook', { stderr: ran.stderr })
      const left = ran.stdout.split('\n').filter((name) => name && !/^(?:OLDPWD|PWD|SHLVL|SHELLOPTS|_)$/.test(name))
      t.same(left.sort(), ['DIB_PYPI_MIRROR_URL', 'NO_PROXY', 'PATH', 'PIP_INDEX_URL', 'UV_INDEX', 'https_proxy'])
    },
  )
}
