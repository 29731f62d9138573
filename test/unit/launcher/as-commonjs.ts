import { spawnSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'
import { scratchFolder } from '../../support/builds/scratch.js'
import { documented } from '../../support/servers/recipes.js'

const hook = join(project, 'elements', 'pypi', 'extra-data.d', '00-mount-pypi-mirror')

/** This Node.js, and each other that this machine's tests use. */
const nodes = (): readonly string[] => {
  const folder = join(project, '.cache', 'nodes')
  try {
    const arch = process.arch
    return readdirSync(folder).map((name) => join(folder, name, 'node_modules', `node-linux-${arch}`, 'bin', 'node'))
  } catch {
    return []
  }
}

t.test('a package.json with "type": "module" above a hook or the relay changes nothing', async (t) => {
  const folder = scratchFolder(t)
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}')
  const [copied, relay] = [join(folder, 'hook'), join(folder, 'relay')]
  copyFileSync(hook, copied)
  copyFileSync(join(dirname(dirname(hook)), 'pypi-relay', 'pypi-relay'), relay)
  for (const node of [process.execPath, ...nodes()]) {
    const env = { PATH: process.env['PATH'], DIB_PYPI_NODE: node }
    const { status, stderr } = spawnSync('sh', [copied], { encoding: 'utf8', env })
    t.equal(status, 1)
    t.match(
      stderr,
      node.includes('/nodes/12/')
        ? /^pypi: error: \S+ is Node\.js 12\.\S+: install 18 or later, or unpack one anywhere and name it in DIB_PYPI_NODE, such as \/opt\/node\/bin\/node\n$/
        : /^pypi: error: TMP_HOOKS_PATH is not set: run this hook by disk-image-create\n$/,
      node,
    )
    if (node.includes('/nodes/12/')) continue
    const started = spawnSync('sh', [relay, node], { encoding: 'utf8', env, input: 'no JSON' })
    t.match(started.stdout, /^\{"error":/, `the relay, ${node}`)
    t.equal(started.stderr, '')
  }
})

t.test('the relay that nobody told what to do says who starts it', async (t) => {
  const { status, stderr } = spawnSync('sh', [join(dirname(dirname(hook)), 'pypi-relay', 'pypi-relay')], {
    encoding: 'utf8',
  })
  t.equal(status, 1)
  t.match(stderr, /^pypi: error: \S+ is started by extra-data\.d\/00-mount-pypi-mirror\n$/)
})

t.test('the lines of docs/settings.md for an old host give the hook a Node.js that was unpacked', async (t) => {
  const folder = scratchFolder(t)
  const name = 'node-v20.19.5-linux-x64'
  mkdirSync(join(folder, name, 'bin'), { recursive: true })
  writeFileSync(join(folder, name, 'bin', 'node'), `#!/bin/sh\nexec '${process.execPath}' "$@"\n`, { mode: 0o755 })
  mkdirSync(join(folder, 'opt'))
  const commands = documented('settings.md', 'A Node.js for an old host', 0, { '/opt': join(folder, 'opt') })
  const script = `tar -cJf ${name}.tar.xz ${name}\n${commands}\necho "$DIB_PYPI_NODE"\nexec sh '${hook}'`
  const { stdout, stderr } = spawnSync('bash', ['-euc', script], {
    cwd: folder,
    // No Node.js on PATH.
    env: { PATH: '/usr/bin:/bin' },
    // Without a socket as its input, by which bash takes itself for started over a network.
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  })
  t.equal(stdout, `${join(folder, 'opt', name, 'bin', 'node')}\n`)
  t.equal(stderr, 'pypi: error: TMP_HOOKS_PATH is not set: run this hook by disk-image-create\n')
})
