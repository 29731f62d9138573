import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { needsRoot } from '../support/builds/root.js'
import { runProgram } from '../support/builds/run.js'
import { makeCertificate } from '../support/servers/certificate.js'
import { listen } from '../support/servers/listen.js'
import { cache } from '../support/setup/fixtures.js'

needsRoot(t)

t.test('make image works where no package index can be reached', async (t) => {
  const unreachable = { PIP_INDEX_URL: 'http://127.0.0.1:1/', PIP_CONFIG_FILE: '/dev/null', PIP_NO_CACHE_DIR: '1' }
  const made = await runProgram('make', ['-s', 'image'], { cwd: project, env: cleanEnvironment(unreachable) })
  t.equal(made.status, 0, 'it succeeds', { log: made.log })
  t.match(made.log, /^No package index can be reached: the sample package of this project is all\.$/m)
  t.match(made.log, /^The image: \S+\/image\.qcow2, [0-9]+ MiB$/m)
  t.match(made.log, /^disk-image-create --offline .*without a network/m)
  t.match(made.log, /^ {2}installed hello-mirror 1\.0 from file:\/\/\/tmp\/pypi\/hello_mirror-1\.0-\S+\.whl$/m)
  t.match(made.log, /^ {2}installed hello-mirror-greeting 1\.2 from file:\/\/\/tmp\/pypi\//m)
  t.match(made.log, /It holds no mirror configuration: .*\n$/, 'the last line')
  t.ok(existsSync(join(cache, 'demo', 'image.qcow2')))
})

t.test('in a chroot whose / is not a mount point, make image names the cause', async (t) => {
  const root = t.testdir({})
  // What this machine has, in a folder that is not a mount point.
  const enter = `for path in /*; do
    if [ -L "$path" ]; then cp -P "$path" "$0"; elif [ -d "$path" ]; then mkdir "$0$path"; mount --rbind "$path" "$0$path"; fi
done
exec chroot "$0" make -s -C "$1" image`
  const made = await runProgram('unshare', ['-m', '--propagation', 'private', 'sh', '-euc', enter, root, project], {
    env: cleanEnvironment({ PIP_INDEX_URL: 'http://127.0.0.1:1/', PIP_CONFIG_FILE: '/dev/null' }),
  })
  t.not(made.status, 0)
  t.match(made.log, /^A build needs a mount namespace .*In a chroot, \/ must be a mount point: .*$/m)
})

t.test('a package that the user named and that cannot be had is an error', async (t) => {
  const unreachable = { PIP_INDEX_URL: 'http://127.0.0.1:1/', PIP_CONFIG_FILE: '/dev/null', PIP_RETRIES: '0' }
  const made = await runProgram('make', ['-s', 'image', 'PACKAGES=no-such-package'], {
    cwd: project,
    env: cleanEnvironment(unreachable),
  })
  t.not(made.status, 0)
  t.match(made.log, /^pip download failed:$/m)
})

t.test('a proxy that opens TLS is named, with what npm and pip need', async (t) => {
  const { certificate, key } = makeCertificate(join(t.testdir(), 'certificate'))
  const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) })
  const { port } = await listen(t, server)
  const proxied = { PIP_INDEX_URL: `https://127.0.0.1:${port}/`, PIP_CONFIG_FILE: '/dev/null', PIP_RETRIES: '0' }
  const made = await runProgram('make', ['-s', 'image', 'PACKAGES=no-such-package'], {
    cwd: project,
    env: cleanEnvironment(proxied),
  })
  t.not(made.status, 0)
  t.match(made.log, /^A certificate here is not trusted\..* NODE_EXTRA_CA_CERTS for npm, and in PIP_CERT for pip\.$/m)
})
