import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/build-image.js'
import { pathWith } from '../support/path.js'
import { needsRoot } from '../support/root.js'
import { runPhases } from '../support/run-phases.js'

needsRoot(t)

/** Programs that fail in their own ways, and what is said of it. */
const faults: Readonly<Record<string, readonly [string, string, RegExp]>> = {
  'mount is denied': [
    'sudo',
    '[ "$1" != mount ] || { echo "mount: permission denied" >&2; exit 32; }; exec "$@"',
    /^pypi: error: 'sudo mount .*' failed: mount: permission denied$/m,
  ],
  'mount fails after the first of its mounts': [
    'sudo',
    '"$@" || exit; [ "$1" != mount ] || { echo "mount: it went wrong" >&2; exit 64; }',
    /^pypi: error: 'sudo mount .*' failed: mount: it went wrong$/m,
  ],
  'a mount is not read-only': [
    'sudo',
    'if [ "$1" = mount ]; then for table; do :; done; sed -i s/,ro,/,rw,/ "$table"; fi; exec "$@"',
    /^pypi: error: \S+\/pypi\/mirror is mounted, but not read-only at \S+\/tmp\/pypi/m,
  ],
  'a mount is missing': [
    'sudo',
    'if [ "$1" = mount ]; then for table; do :; done; sed -i 1d "$table"; fi; exec "$@"',
    /^pypi: error: \S+\/pypi\/mirror is not mounted at \S+\/tmp\/pypi/m,
  ],
}

for (const [name, [program, script, message]] of Object.entries(faults)) {
  t.test(`where ${name}, the build fails in one line and nothing is left`, async (t) => {
    const scratch = scratchFolder(t)
    const ran = await runPhases(scratch, {
      environment: { DIB_OFFLINE: '1', PATH: pathWith(join(scratch, 'bin'), program, script) },
      prepare: 'mkdir -p "$DIB_IMAGE_CACHE/pypi/mirror"',
    })
    t.equal(ran.status, 1, 'the build fails', { log: ran.log })
    t.match(ran.log, message)
    t.equal(ran.log.match(/^pypi: error/gm)?.length, 1)
    t.same(ran.mounted, ['/proc'], 'nothing of ours is mounted')
    t.same(ran.inTmp, [], 'no folder of ours is left')
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

t.test('a hook that did not run to its end fails the build', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment: { DIB_OFFLINE: '1' },
    // As if the loader had been told to do nothing, and to say that all went well.
    prepare: `printf '#!/bin/sh\n' >"$ROOT/../hooks/pre-install.d/00-configure-pypi-mirror"`,
  })
  t.equal(ran.status, 1)
  t.match(ran.log, /^pypi: error: pre-install\.d\/00-configure-pypi-mirror did not run to its end/m)
})
