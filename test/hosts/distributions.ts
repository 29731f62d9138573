import { copyFileSync, existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { standardBuild } from '../support/builds/standard-build.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const ownHost = await fixtures.ownHost()
const trixieHost = await fixtures.trixieHost()

/**
 * Enters another build host: its root, with a layer of its own to write on, and this project and the scratch folder at
 * their own paths. It runs in the build's mount namespace.
 */
const enter = `
host=$1 scratch=$2 project=$3
shift 3
mkdir "$scratch/host"
mount -t tmpfs tmpfs "$scratch/host"
mkdir "$scratch/host/upper" "$scratch/host/work" "$scratch/host/root"
mount -t overlay overlay -o "lowerdir=$host,upperdir=$scratch/host/upper,workdir=$scratch/host/work" "$scratch/host/root"
cd "$scratch/host/root"
mount -t proc proc proc
mount --rbind /dev dev
mount -t sysfs sysfs sys
mount -t tmpfs tmpfs tmp
mkdir -p ".$scratch" ".$project"
mount --bind "$scratch" ".$scratch"
mount --bind "$project" ".$project"
echo "127.0.0.1 localhost $(hostname)" >etc/hosts
echo "the host's Node.js: $(chroot . node --version)"
exec chroot . "$@"`

for (const [name, host] of Object.entries({ "this machine's own release": ownHost, 'Debian 13': trixieHost })) {
  const skip = existsSync(host) ? false : `${name}: Debian 13 is tried where this machine is a Debian`
  t.test(
    `the element works on a build host of ${name}, with the distribution's own Node.js and diskimage-builder`,
    { skip },
    async (t) => {
      const scratch = scratchFolder(t)
      // In there .cache is not seen if it is a link.
      const root = join(scratch, 'root.tar')
      copyFileSync(await fixtures.tinyRootTarball(), root)
      const built = await standardBuild(t, scratch, {
        root,
        runBy: ['bash', '-euc', enter, 'enter', host, scratch, project],
        environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      })
      t.match(built.log, /^the host's Node\.js: v(?:1[89]|[2-9][0-9])\./m)
    },
  )
}
