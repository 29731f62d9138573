import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildImage, localMirror, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { readConfiguration, standardBuild } from '../support/builds/standard-build.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

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
      root: await tinyRootTarball(),
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
