import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildImage, localMirror, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { differences, readTree } from '../support/observation/tree.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const bareRootTarball = await fixtures.bareRootTarball()
const smallRootTarball = await fixtures.smallRootTarball()

/** Says what is mounted after a build that was not before. */
const compareMounts = `
list() { awk '{ print $5 }' /proc/self/mountinfo | sort; }
before=$(list)
status=0
"$@" || status=$?
echo "left mounted: $(comm -13 <(echo "$before") <(list) | paste -s)"
exit $status`

/** Images that are refused, as bash that makes them ($0 is a folder of the host), and what is said of them. */
const images: Readonly<Record<string, { root: string; prepare: string; message: RegExp }>> = {
  'whose /tmp/pypi is a link to a folder of the host': {
    root: bareRootTarball,
    prepare: 'ln -s "$host/pypi" "$TARGET_ROOT/tmp/pypi"',
    message: /^pypi: error: \S+\/tmp\/pypi in the image is a symbolic link, which could lead/m,
  },
  'whose pip.conf is a link that leads to itself': {
    root: smallRootTarball,
    prepare: 'mkdir "$TARGET_ROOT/root/.pip"; ln -s pip.conf "$TARGET_ROOT/root/.pip/pip.conf"',
    message: /^pypi: error: \/root\/\.pip\/pip\.conf in the image is a link that leads to itself: remove it$/m,
  },
}

for (const [name, { root, prepare, message }] of Object.entries(images)) {
  t.test(`an image ${name} ends the build in one line, and nothing is left`, async (t) => {
    const scratch = scratchFolder(t)
    const host = join(scratch, 'host')
    for (const path of [join(host, 'pypi', 'package'), join(host, 'pip.conf'), join(localMirror(scratch), 'kept')]) {
      mkdirSync(dirname(path), { recursive: true })
      writeFileSync(path, 'of the host')
    }
    const trees = () => [readTree(host), readTree(localMirror(scratch))] as const
    const [hostBefore, mirrorBefore] = trees()
    const build = await buildImage(scratch, {
      root,
      runBy: ['bash', '-uc', compareMounts, 'bash'],
      options: ['--offline'],
      hooks: { 'root.d/20-link': `#!/bin/bash\nset -eu\nhost=${host}\n${prepare}\n` },
    })
    t.not(build.status, 0)
    t.match(build.log, message)
    t.equal(build.log.match(/^pypi: error/gm)?.length, 1)
    t.match(build.log, /^left mounted: $/m)
    const [hostAfter, mirrorAfter] = trees()
    t.same(differences(hostBefore, hostAfter), [], "the host's files are as they were")
    t.same(differences(mirrorBefore, mirrorAfter), [], 'the mirror is')
    t.same(readdirSync(join(dirname(build.image), 'tmp')), [], "dib's folders are gone")
  })
}
