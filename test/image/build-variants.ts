import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildImage, localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { readConfiguration, standardBuild } from '../support/builds/standard-build.js'
import { newDibPrograms } from '../support/setup/fixtures.js'

needsRoot(t)

t.test("diskimage-builder's newest release", async (t) => {
  const built = await standardBuild(t, scratchFolder(t), {
    environment: { PATH: `${await newDibPrograms()}:${process.env['PATH']}` },
  })
  const [, version] = /^diskimage-builder version (\S+)$/m.exec(built.log) ?? []
  t.not(version, execFileSync('/usr/bin/disk-image-create', ['--version'], { encoding: 'utf8' }).trim(), 'is another')
})

/** Commands that list what is in an image of each type. */
const lists: Readonly<Record<string, string>> = {
  raw: 'mount -o ro,loop "$0" "$1" && cd "$1" && find . -xdev; cd / && umount "$1"',
  qcow2:
    'qemu-img convert -O raw "$0" "$0.raw" && mount -o ro,loop "$0.raw" "$1" && cd "$1" && find . -xdev; cd / && umount "$1"',
  squashfs: 'unsquashfs -l "$0"',
}

for (const [type, list] of Object.entries(lists)) {
  t.test(`an image of type ${type}`, async (t) => {
    const scratch = scratchFolder(t)
    const hooks = {
      'root.d/20-smaller': `#!/bin/bash\nset -eu\nsudo rm -r "$TARGET_ROOT"/usr/share/* "$TARGET_ROOT"/usr/lib/python3*\n`,
    }
    const built = await standardBuild(t, scratch, { type, hooks })
    // dib calls a squashfs file .squash.
    const image = built.image.replace(/\.squashfs$/, '.squash')
    mkdirSync(join(scratch, 'image'))
    const names = execFileSync(
      'unshare',
      ['-m', '--propagation', 'private', 'sh', '-c', list, image, join(scratch, 'image')],
      { encoding: 'utf8', maxBuffer: 1 << 28 },
    )
    t.match(names, /\/etc\/passwd$/m, 'the image was looked into')
    t.notMatch(names, /\/root\/\.pip|\/root\/\.pydistutils\.cfg|\/tmp\/\.?pypi/, 'and is clean')
  })
}

t.test('a build folder on disk instead of in memory', async (t) => {
  await standardBuild(t, scratchFolder(t), { environment: { DIB_NO_TMPFS: '1' } })
})

t.test('a cache that is behind a link', async (t) => {
  const scratch = scratchFolder(t)
  mkdirSync(join(scratch, 'elsewhere'))
  symlinkSync('elsewhere', join(scratch, 'cache'))
  await standardBuild(t, scratch)
})

t.test('two builds at once from one mirror', async (t) => {
  const scratch = scratchFolder(t)
  await Promise.all([standardBuild(t, scratch), standardBuild(t, scratch)])
})

t.test('an image without Python', async (t) => {
  await standardBuild(t, scratchFolder(t), {
    hooks: {
      'root.d/20-no-python': `#!/bin/bash\nset -eu\nsudo rm -r "$TARGET_ROOT"/usr/bin/python3* "$TARGET_ROOT"/usr/lib/python3*\n`,
      'install.d/60-look': '#!/bin/bash\n! command -v python3\n',
    },
  })
})

for (const [name, variable] of Object.entries({ 'a build folder': 'TMP_DIR', 'a cache': 'DIB_IMAGE_CACHE' })) {
  t.test(`${name} with a space in its name: dib itself cannot, and nothing is harmed`, async (t) => {
    const scratch = scratchFolder(t)
    const folder = join(scratch, 'with a space')
    mkdirSync(join(folder, 'pypi', 'mirror', 'kept'), { recursive: true })
    mkdirSync(dirname(localMirror(scratch)), { recursive: true })
    const build = await buildImage(scratch, {
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
