import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildImage, localMirror, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { standardBuild } from '../support/builds/standard-build.js'
import { makeMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

/** Makes a user, in an overlay over /etc, in the build's own mount namespace: this machine's /etc is not written. */
const becomeUser = `
mkdir -p "$0/etc-upper" "$0/etc-work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/etc-upper,workdir=$0/etc-work" /etc
useradd --no-create-home --home-dir "$0/home" builder
printf 'Defaults env_reset, secure_path=/usr/sbin:/usr/bin:/sbin:/bin\\nbuilder ALL=(ALL) NOPASSWD: SETENV: ALL\\n' >/etc/sudoers
mkdir -p "$0/home" "$0/cache"
chown -R builder: "$0/home" "$0/cache" "$0"/build-*
chmod 0755 "$0"
exec setpriv --reuid builder --regid builder --init-groups "$@"`

t.test('a user who is not root builds, with sudo that resets the environment and the path', async (t) => {
  const scratch = scratchFolder(t)
  await standardBuild(t, scratch, { runBy: ['bash', '-euc', becomeUser, scratch], environment: { USER: 'builder' } })
  const roots = execFileSync('find', [join(scratch, 'cache'), join(scratch, 'home'), '-user', 'root'], {
    encoding: 'utf8',
  })
  t.equal(roots, '', "nothing in the user's cache and home is owned by root")
})

t.test("what a user's build keeps in the mirror, and its receipt, belong to the user", async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(join(scratch, 'served'), [{ name: 'demo-app', version: '1.0', text: 'x = 1' }])
  const server = await serveMirror(t, join(scratch, 'served'))
  const build = await buildImage(scratch, {
    runBy: ['bash', '-euc', becomeUser, scratch],
    environment: {
      USER: 'builder',
      DIB_PYPI_FILL_MIRROR: '1',
      DIB_PYPI_RECEIPT: '1',
      DIB_PYPI_MIRROR_URL: `http://127.0.0.1:${server.port}/simple`,
      DIB_NO_PYPI_PIP: '1',
    },
    hooks: { 'install.d/50-install': '#!/bin/bash\nset -eu\npython3 -m pip install --target /opt/demo demo-app\n' },
  })
  succeeded(t, build)
  t.same(readdirSync(localMirror(scratch)).sort(), [
    'SHA256SUMS',
    'demo_app-1.0-py2.py3-none-any.whl',
    'pypi-files.jsonl',
  ])
  const receipts = join(dirname(build.image), 'image.d')
  t.same(readdirSync(receipts), ['pypi.cdx.json'])
  const ofRoot = execFileSync('find', [join(scratch, 'cache'), receipts, '-user', 'root'], { encoding: 'utf8' })
  t.equal(ofRoot, '', 'not to root')
})

t.test('a build works with a sudo that does not keep the environment, whatever -E says', async (t) => {
  const scratch = scratchFolder(t)
  const keeps = '(?:PATH|HOME|USER|LC_ALL|TERM)'
  // As sudo-rs does.
  const sudo = `
for name in $(compgen -e); do [[ $name =~ ^${keeps.replace('?:', '')}$ ]] || unset "$name"; done
exec /usr/bin/sudo "$@"`
  await standardBuild(t, scratch, { environment: { PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo) } })
})

t.test("where a user's build on a disk fails, dib can remove all that the element made", async (t) => {
  const scratch = scratchFolder(t)
  const build = await buildImage(scratch, {
    root: await tinyRootTarball(),
    options: ['--offline', '--no-tmpfs'],
    runBy: ['bash', '-euc', becomeUser, scratch],
    environment: { USER: 'builder', DIB_NO_TMPFS: '1' },
    hooks: {
      'install.d/50-fail': `#!/bin/bash
set -eu
for folder in /root/.pip /root/.config/uv /etc/xdg/pip /etc/xdg/uv /tmp/.pypi-cache; do touch "$folder/of-root"; done
mkdir -p /root/.config/pip
printf '[global]\\ntimeout = 60\\n' >/root/.config/pip/pip.conf
exit 7
`,
    },
  })
  t.equal(build.status, 7, 'the build ends as its hook did', { log: build.log.slice(-3000) })
  t.notMatch(build.log, /cannot remove/)
  t.same(readdirSync(join(dirname(build.image), 'tmp')), [], 'nothing is left')
})
