import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildImage, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { watchHost } from '../support/observation/harm.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

/**
 * A hook in which the build is killed, and whether the mirror is mounted then: before it is; with it; with the configuration
 * as well; and when dib has unmounted all and mounted the image's own disk.
 */
const phases: Readonly<Record<string, boolean>> = {
  'root.d/50-wait': false,
  'extra-data.d/50-wait': true,
  'install.d/50-wait': true,
  'cleanup.d/50-wait': false,
}

/**
 * Kills all of a build at once, as a power cut would, and does what a user does then. In a PID namespace, so that none of
 * it lives on; not in a mount namespace of its own, so that the mounts do. Of what dib itself has mounted, /dev is the
 * host's own and writable: `rm -rf` would empty it, with or without this element, so it is unmounted first.
 */
const killAndRemove = `
unshare --pid --fork --kill-child bash -c 'mount -t proc proc /proc && exec "$@"' bash "$@" &
until [ -e "$HOME/../kill" ]; do sleep 0.05; done
kill -9 $!
wait $!
umount /proc
grep -c ' /[^ ]*/mnt/tmp/pypi ro,' /proc/self/mountinfo >mirror-mounts
for mounted in $(awk '{ print $5 }' /proc/self/mountinfo | grep -E '/mnt/(dev|proc|sys)(/|$)' | sort -r); do umount -l "$mounted"; done
rm -rf "$TMP_DIR"/dib_build.* 2>rm-errors
grep -m 1 'Read-only file system' rm-errors
for device in $(losetup --noheadings --output NAME,BACK-FILE | awk -v folder="$TMP_DIR" 'index($2, folder) == 1 { print $1 }'); do
    umount -l "$device"
    losetup -d "$device"
done
for mounted in $(awk '{ print $5 }' /proc/self/mountinfo | grep "^$TMP_DIR/" | sort -r); do umount -l "$mounted"; done
rm -rf "$TMP_DIR"/dib_*
exit 99`

t.test('where a build is killed and its folder removed by hand, the mirror is whole', async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const root = await tinyRootTarball()
  for (const [hook, isMounted] of Object.entries(phases)) {
    const marker = join(scratch, 'kill')
    const build = await buildImage(scratch, {
      root,
      options: ['--offline'],
      runBy: ['bash', '-uc', killAndRemove, 'bash'],
      hooks: { [hook]: '#!/bin/bash\necho "to be killed"\nsleep infinity\n' },
      onLine: (line) => {
        if (line.endsWith('to be killed')) writeFileSync(marker, '')
      },
    })
    t.equal(build.status, 99, hook, { log: build.log.slice(-2000) })
    rmSync(marker)
    t.equal(
      readFileSync(join(dirname(build.image), 'mirror-mounts'), 'utf8').trim(),
      isMounted ? '1' : '0',
      isMounted ? 'the mirror was still mounted, read-only' : 'the mirror was not mounted',
    )
    if (isMounted) t.match(build.log, /Read-only file system/, 'rm was kept from it')
    t.same(host.leftovers(), [], 'what the build left was removed')
    t.same(host.harm(), [], 'the mirror and the host are as they were')
  }
})
