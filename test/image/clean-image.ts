import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { type Build, buildImage, scratchFolder, succeeded } from '../support/build-image.js'
import { makeMirror } from '../support/mirror.js'
import { needsRoot } from '../support/root.js'
import { differences, parseTree, type Tree } from '../support/tree.js'

needsRoot(t)

/** Every entry of a raw image, as its file system has it: a tarball has no nanoseconds. */
const treeOf = (scratch: string, image: string): Tree => {
  const mountPoint = join(scratch, 'image')
  mkdirSync(mountPoint, { recursive: true })
  const list = 'mount -o ro,loop "$1" "$2" && python3 "$3" "$2" && umount "$2"'
  const tree = join(project, 'test', 'support', 'tree.py')
  return parseTree(
    execFileSync('unshare', ['-m', '--propagation', 'private', 'sh', '-c', list, 'sh', image, mountPoint, tree], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }),
  )
}

const bases: Readonly<Record<string, string>> = {
  "an image without files of pip's": '',
  'an image with files of its own, at times of nanoseconds': `
sudo mkdir -p "$TARGET_ROOT/root/.pip" "$TARGET_ROOT/root/.config/pip"
echo '[global]
timeout = 7' | sudo tee "$TARGET_ROOT/root/.pip/pip.conf" "$TARGET_ROOT/root/.config/pip/pip.conf" >/dev/null
sudo chmod 0604 "$TARGET_ROOT/root/.pip/pip.conf"
sudo chown 12:34 "$TARGET_ROOT/root/.config/pip/pip.conf"
sudo find "$TARGET_ROOT/root" -exec touch -h -d '2001-02-03 04:05:06.123456789' '{}' +`,
}

t.test('with and without the element', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(join(scratch, 'cache', 'pypi', 'mirror'), [{ name: 'demo-app', version: '1', text: 'x = 1' }])
  const tree = async (build: Build): Promise<Tree> => {
    const built = await buildImage(scratch, { ...build, type: 'raw', options: ['--offline'] })
    succeeded(t, built)
    return treeOf(scratch, built.image)
  }
  for (const [name, rootHook] of Object.entries(bases)) {
    const hooks = {
      'root.d/20-own-files': `#!/bin/bash\nset -eu\n${rootHook}\n`,
      'install.d/50-install': `#!/bin/bash
set -eu
[ ! -d /tmp/pypi ] || pip install --no-cache-dir --no-compile --target /tmp/somewhere demo-app
`,
    }
    const without = await tree({ hooks, withPypi: false })
    const again = await tree({ hooks, withPypi: false })
    const withElement = await tree({ hooks })
    // What dib itself makes anew in each build, such as /etc/resolv.conf's time.
    const dibsOwn = differences(without, again)
    t.notOk(
      dibsOwn.some((line) => line.startsWith('/root')),
      "dib does not touch root's home",
    )
    t.ok(dibsOwn.length < 30, 'few entries differ from build to build')
    t.same(
      differences(without, withElement).filter((line) => !dibsOwn.includes(line)),
      [],
      `${name} is the same with the element, entry by entry`,
    )
    t.ok(Object.keys(withElement).length > 5000, 'and the whole image was looked at')
  }
})
