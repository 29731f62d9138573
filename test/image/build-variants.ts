import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t, { type Test } from 'tap'
import { buildImage, localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { readConfiguration, standardBuild } from '../support/builds/standard-build.js'
import { makeTinyRoot } from '../support/builds/tiny-root.js'
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

t.test('two builds at once, one on disk and one in memory, share a mirror in a cache behind a link', async (t) => {
  const scratch = scratchFolder(t)
  mkdirSync(join(scratch, 'elsewhere'))
  symlinkSync('elsewhere', join(scratch, 'cache'))
  await Promise.all([
    standardBuild(t, scratch, { environment: { DIB_NO_TMPFS: '1' } }),
    standardBuild(t, scratch, { environment: { DIB_NO_TMPFS: '0' } }),
  ])
})

for (const [name, variable] of Object.entries({ 'a build folder': 'TMP_DIR', 'a cache': 'DIB_IMAGE_CACHE' })) {
  t.test(`${name} with a space in its name, which dib itself cannot do, harms nothing`, async (t) => {
    const scratch = scratchFolder(t)
    const folder = join(scratch, 'with a space')
    mkdirSync(join(folder, 'pypi', 'mirror', 'kept'), { recursive: true })
    mkdirSync(dirname(localMirror(scratch)), { recursive: true })
    const build = await buildImage(scratch, {
      root: makeTinyRoot(scratch),
      environment: { [variable]: folder },
      options: ['--offline'],
      hooks: { 'install.d/50-read-configuration': readConfiguration },
    })
    // Newer releases of dib may learn it: then the element has to work.
    if (build.status === 0) {
      succeeded(t, build)
      t.match(ownLines(build.log).at(-1), /^the image holds no mirror configuration/)
    } else t.notMatch(ownLines(build.log).join('\n'), / {4}at /)
    t.equal(execFileSync('ls', [join(folder, 'pypi', 'mirror')], { encoding: 'utf8' }), 'kept\n', 'the mirror is whole')
  })
}
