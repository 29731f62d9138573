import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { standardBuild } from '../support/builds/standard-build.js'
import { newDibPrograms } from '../support/setup/fixtures.js'

needsRoot(t)

/** Commands that list what is in an image of each type. */
const lists: Readonly<Record<string, string>> = {
  raw: 'mount -o ro,loop "$0" "$1" && cd "$1" && find . -xdev; cd / && umount "$1"',
  qcow2:
    'qemu-img convert -O raw "$0" "$0.raw" && mount -o ro,loop "$0.raw" "$1" && cd "$1" && find . -xdev; cd / && umount "$1"',
  // dib calls a squashfs file .squash.
  squash: 'unsquashfs -l "$0"',
}

const checkImage = (t: Test, image: string): void => {
  const [, ending = ''] = /\.(\w+)$/.exec(image) ?? []
  const mountPoint = join(dirname(image), 'mounted')
  mkdirSync(mountPoint, { recursive: true })
  const names = execFileSync(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', lists[ending] ?? '', image, mountPoint],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  t.match(names, /\/etc\/passwd$/m, `the image, ${ending}, was looked into`)
  t.notMatch(names, /\/root\/\.pip|\/root\/\.pydistutils\.cfg|\/tmp\/\.?pypi/, 'and is clean')
}

t.test("diskimage-builder's newest release makes raw and qcow2 images with nothing of ours", async (t) => {
  const built = await standardBuild(t, scratchFolder(t), {
    type: 'qcow2,raw',
    environment: { PATH: `${await newDibPrograms()}:${process.env['PATH']}`, PYTHONPATH: undefined },
  })
  const [, version] = /^diskimage-builder version (\S+)$/m.exec(built.log) ?? []
  t.not(version, execFileSync('/usr/bin/disk-image-create', ['--version'], { encoding: 'utf8' }).trim(), 'is another')
  checkImage(t, built.image)
  checkImage(t, built.image.replace(/qcow2$/, 'raw'))
})

t.test('an image of type squashfs has nothing of ours', async (t) => {
  const built = await standardBuild(t, scratchFolder(t), { type: 'squashfs' })
  checkImage(t, built.image.replace(/squashfs$/, 'squash'))
})
