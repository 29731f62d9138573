import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { watchHost } from '../support/observation/harm.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()

const denyRemount = join(project, 'test', 'support', 'observation', 'deny_remount.py')
/** As root without the right to mount. */
const withoutRight = 'setpriv --bounding-set=-sys_admin --inh-caps=-sys_admin'

/** Programs that fail in their own ways, and what is said of it. */
const faults: Readonly<Record<string, readonly [string, string, RegExp]>> = {
  'mount is denied': [
    'sudo',
    `[ "$1" != mount ] || exec ${withoutRight} "$@"; exec "$@"`,
    /^pypi: error: 'sudo mount .*' failed: mount: \S+\/tmp\/\.pypi: permission denied/m,
  ],
  'mount and unmounting are denied': [
    'sudo',
    `exec ${withoutRight} "$@"`,
    /^pypi: error: 'sudo mount .*' failed: mount: \S+\/tmp\/\.pypi: permission denied/m,
  ],
  'mount fails after all of its mounts': [
    'sudo',
    '"$@" || exit; [ "$1" != mount ] || { echo "mount: it went wrong" >&2; exit 64; }',
    /^pypi: error: 'sudo mount .*' failed: mount: it went wrong$/m,
  ],
  'the kernel does not make a mount read-only': [
    'sudo',
    `[ "$1" != mount ] || exec python3 ${denyRemount} "$@"; exec "$@"`,
    /^pypi: error: 'sudo mount .*' failed: mount: \S+\/tmp\/\.pypi\/mirror: /m,
  ],
  'a mount is not read-only, without an error of mount(8)': [
    'sudo',
    'if [ "$1" = mount ]; then for table; do :; done; sed -i s/,ro,/,rw,/ "$table"; fi; exec "$@"',
    /^pypi: error: \S+\/pypi\/mirror is mounted, but not read-only at \S+\/tmp\/\.pypi\/mirror: see mount\(8\)/m,
  ],
  'a mount is missing, without an error of mount(8)': [
    'sudo',
    'if [ "$1" = mount ]; then for table; do :; done; sed -i 3d "$table"; fi; exec "$@"',
    /^pypi: error: \S+\/tmp\/\.pypi\/mirror is not mounted at \S+\/tmp\/pypi: see mount\(8\)/m,
  ],
}

for (const [name, [program, script, message]] of Object.entries(faults)) {
  t.test(`where ${name}, the build fails in one line and nothing is left`, async (t) => {
    const scratch = scratchFolder(t)
    const host = watchHost(scratch)
    const ran = await runPhases(scratch, {
      root: muslRoot,
      environment: { DIB_OFFLINE: '1', PATH: pathWith(join(scratch, 'bin'), program, script) },
    })
    t.equal(ran.status, 1, 'the build fails', { log: ran.log })
    t.match(ran.log, message)
    t.equal(ran.log.match(/^pypi: error/gm)?.length, 1)
    t.same(ran.mounted, ['/proc'], 'nothing of ours is mounted')
    t.same(ran.inTmp, [], 'no folder of ours is left')
    t.same(host.harm(), [], 'the mirror and the host are as they were')
  })
}

t.test('where mounting is denied in the image, the build fails in one line and no file of ours is left', async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const ran = await runPhases(scratch, {
    environment: {
      DIB_OFFLINE: '1',
      PATH: pathWith(join(scratch, 'bin'), 'chroot', `exec ${withoutRight} /usr/sbin/chroot "$@"`),
    },
  })
  t.not(ran.status, 0, 'the build fails', { log: ran.log })
  t.match(ran.log, /^pypi: error: '.*\/mount .*' failed: mount: \/root\/\.pip: /m)
  t.equal(ran.log.match(/^pypi: error/gm)?.length, 1)
  t.same(
    ran.inHome.filter((path) => /pip|pypi|pydistutils|uv/.test(path)),
    [],
  )
  t.same(host.harm(), [], 'the mirror and the host are as they were')
})

for (const [name, message] of [
  ['mount', /^pypi: error: mount is not found in \S+: install util-linux$/m],
  ['umount', /^pypi: error: umount is not found in \S+: install util-linux$/m],
] as const) {
  t.test(`where ${name} is missing, it is named`, async (t) => {
    const scratch = scratchFolder(t)
    const host = watchHost(scratch)
    const ran = await runPhases(scratch, {
      root: muslRoot,
      environment: { DIB_OFFLINE: '1' },
      // While the hook runs, a file that cannot be started replaces the program.
      prepare: `: >"$ROOT/../none"
sed -i "/^set -eu/a mount --bind $(realpath "$ROOT/../none") $(realpath "$(command -v ${name})")" "$ROOT/../hooks/extra-data.d/00-mount-pypi-mirror"`,
    })
    t.equal(ran.status, 1, 'the build fails', { log: ran.log })
    t.match(ran.log, message)
    t.equal(ran.log.match(/^pypi: error/gm)?.length, 1)
    t.same(ran.inTmp, [], 'no folder of ours is left')
    t.same(host.harm(), [], 'the mirror and the host are as they were')
  })
}

t.test('where sudo is missing, it is named', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    // The scratch root is made with the usual PATH; the hook has one without sudo.
    environment: { DIB_OFFLINE: '1' },
    prepare: `mkdir "$ROOT/../bin"
for name in node sh mount umount; do ln -s "$(command -v $name)" "$ROOT/../bin"; done
sed -i "/^set -eu/a PATH=$(realpath "$ROOT/../bin")" "$ROOT/../hooks/extra-data.d/00-mount-pypi-mirror"`,
  })
  t.equal(ran.status, 1, 'the build fails', { log: ran.log })
  t.match(ran.log, /^pypi: error: sudo is not found in \S+\/bin: install it$/m)
  t.same(ran.mounted, ['/proc'])
})
