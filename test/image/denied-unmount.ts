import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { changedMounts, watchHost, watchMounts } from '../support/observation/harm.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const bareRootTarball = await fixtures.bareRootTarball()

t.test(
  'where dib cannot unmount our mounts, it copies and deletes nothing of the mirror, and makes no image',
  async (t) => {
    const scratch = scratchFolder(t)
    const host = watchHost(scratch)
    // Ours alone: where it cannot unmount the host's /dev either, dib itself deletes that, with or without this element.
    const sudo = `
case "$*" in
    "umount "*/mnt/tmp/pypi | "umount "*/mnt/root/*) echo "umount: $3: denied" >&2; exit 32 ;;
esac
exec /usr/bin/sudo "$@"`
    const path = pathWith(join(scratch, 'bin'), 'sudo', sudo)
    // dib tries again for ten seconds to remove what it cannot: here it tries once.
    const once = `exec "$2" "$3" "\${4//sleep 1/exit 1}"`
    const shorter = pathWith(join(scratch, 'shorter'), 'timeout', once).split(':')[0]
    const build = await buildImage(scratch, {
      root: await fixtures.tinyRootTarball(),
      options: ['--offline'],
      environment: { PATH: `${shorter}:${path}` },
      runBy: watchMounts(),
    })
    t.not(build.status, 0, 'the build fails', { log: build.log.slice(-3000) })
    t.match(build.log, /^umount: \S+\/tmp\/pypi: denied$/m)
    t.match(
      build.log,
      /^rm: cannot remove '\S+\/built\/tmp\/pypi\/index\.html': Read-only file system$/m,
      'dib tried to',
    )
    t.notOk(existsSync(build.image), 'there is no image')
    const own = changedMounts(build.image).filter((line) => !/\/dib_(?:build|image)\.\w+(?:\/mnt.*)?$/.test(line))
    t.same(
      own.map((line) => line.replace(/^left: \S+\/built/, '')).sort(),
      ['/root/.config/uv', '/root/.pip', '/root/.pydistutils.cfg', '/tmp/pypi'],
      'of ours, those are left that nobody may unmount',
    )
    t.same(host.harm(), [], 'the mirror and the host are as they were')
  },
)

t.test('a partition for which dib would not unmount the mirror is refused before anything is mounted', async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const build = await buildImage(scratch, {
    root: bareRootTarball,
    options: ['--offline'],
    runBy: watchMounts(),
    environment: {
      DIB_BLOCK_DEVICE_CONFIG: `
- local_loop:
    name: image0
- partitioning:
    base: image0
    label: mbr
    partitions:
      - name: root
        flags: [boot, primary]
        size: 80%
        mkfs: {mount: {mount_point: /, fstab: {options: defaults}}}
      - name: pypi
        flags: [primary]
        size: 20%
        mkfs: {mount: {mount_point: /pypi, fstab: {options: defaults}}}
`,
    },
  })
  t.equal(build.status, 1, 'the build fails', { log: build.log.slice(-3000) })
  t.same(ownLines(build.log), [
    'error: a partition of the image is mounted at /pypi (DIB_BLOCK_DEVICE_CONFIG), so dib would not unmount /tmp/pypi but copy the mirror into the image. Mount the partition elsewhere, or name a DIB_IMAGE_CACHE without pypi/mirror',
  ])
  t.notMatch(build.log, /^Unmount \S+\/tmp\/\.?pypi/m, 'nothing of ours was mounted')
  t.notOk(existsSync(build.image), 'there is no image')
  t.same(changedMounts(build.image), [], 'nothing is mounted')
  t.same(host.leftovers(), [], 'no folder is left')
  t.same(host.harm(), [], 'the mirror and the host are as they were')
})
