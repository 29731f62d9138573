import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'
import { findBuild } from '../../../element-src/lib/base/build.js'

t.test('disk-image-create is the first ancestor that was not given this TMP_BUILD_DIR', async (t) => {
  const folder = t.testdir({
    'look.ts': `import { findBuild } from ${JSON.stringify(join(project, 'element-src/lib/base/build.js'))}
console.log(JSON.stringify(findBuild('/tmp/dib_build.X')))`,
  })
  // It exports the variable, so that what it starts has it; its name has brackets and spaces.
  const ran = spawnSync(
    'bash',
    [
      '-c',
      `echo $$; cut -d ' ' -f 22 /proc/$$/stat; export TMP_BUILD_DIR=/tmp/dib_build.X; bash -c 'bash -c "node $1 $2; true"; true' bash "$@"; true`,
      'bash',
      join(project, 'build/run.mjs'),
      join(folder, 'look.ts'),
    ],
    // A build in a build.
    { encoding: 'utf8', env: { ...process.env, TMP_BUILD_DIR: '/tmp/dib_build.outer' } },
  )
  const [pid, startTime, found = ''] = ran.stdout.trim().split('\n')
  t.same(JSON.parse(found), { pid: Number(pid), startTime }, ran.stderr)
})

t.test('outside a build the parent counts as it', async (t) => {
  const startTime = readFileSync(`/proc/${process.ppid}/stat`, 'latin1')
    .replace(/^.*\) /s, '')
    .split(' ')[19]
  t.same(findBuild('/no/such/build'), { pid: process.ppid, startTime })
})

t.test('where no process is left to look at, there is no build', async (t) => {
  t.equal(findBuild('/x', 2 ** 30), undefined)
})
