import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { standardBuild } from '../support/builds/standard-build.js'

needsRoot(t)

t.test('a user who is not root, with sudo that resets the environment and the path', async (t) => {
  const scratch = scratchFolder(t)
  // The user is made in an overlay over /etc, in the build's own mount namespace: this machine's /etc is not written.
  const become = `
mkdir -p "$0/etc-upper" "$0/etc-work"
mount -t overlay overlay -o "lowerdir=/etc,upperdir=$0/etc-upper,workdir=$0/etc-work" /etc
useradd --no-create-home --home-dir "$0/home" builder
printf 'Defaults env_reset, secure_path=/usr/sbin:/usr/bin:/sbin:/bin\\nbuilder ALL=(ALL) NOPASSWD: SETENV: ALL\\n' >/etc/sudoers
mkdir -p "$0/home"
chown -R builder: "$0/home" "$0/cache" "$0"/build-*
chmod 0755 "$0"
exec setpriv --reuid builder --regid builder --init-groups "$@"`
  await standardBuild(t, scratch, { runBy: ['bash', '-euc', become, scratch], environment: { USER: 'builder' } })
  const roots = execFileSync('find', [join(scratch, 'cache'), join(scratch, 'home'), '-user', 'root'], {
    encoding: 'utf8',
  })
  t.equal(roots, '', "nothing in the user's cache and home is owned by root")
})

t.test('sudo that does not keep the environment, whatever -E says', async (t) => {
  const scratch = scratchFolder(t)
  const keeps = '(?:PATH|HOME|USER|LC_ALL|TERM)'
  // As sudo-rs does.
  const sudo = `
for name in $(compgen -e); do [[ $name =~ ^${keeps.replace('?:', '')}$ ]] || unset "$name"; done
exec /usr/bin/sudo "$@"`
  await standardBuild(t, scratch, { environment: { PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo) } })
})
