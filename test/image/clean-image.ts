import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { type Build, buildImage, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { attributesOfOwnFiles, makeOwnFiles } from '../support/builds/own-files.js'
import { needsRoot } from '../support/builds/root.js'
import { differences, parseTree, readTree, type Tree } from '../support/observation/tree.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

/** Every entry of a raw image, as its file system has it: a tarball has no nanoseconds. */
const treeOf = (scratch: string, image: string): Tree => {
  const mountPoint = join(scratch, 'image')
  mkdirSync(mountPoint, { recursive: true })
  const list = 'mount -o ro,loop "$1" "$2" && python3 "$3" "$2" && umount "$2"'
  const tree = join(project, 'test', 'support', 'observation', 'tree.py')
  return parseTree(
    execFileSync('unshare', ['-m', '--propagation', 'private', 'sh', '-c', list, 'sh', image, mountPoint, tree], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    }),
  )
}

/** What makes the image's root what the base is to be, and what is done with it before dib copies it. */
const bases = (host: string): Readonly<Record<string, readonly [string, string]>> => ({
  'an image with files of its own, one of them immutable, in odd modes, owners, times and attributes': [
    `${makeOwnFiles('"$TARGET_ROOT"')}\nchattr +i "$TARGET_ROOT/root/.pip/pip.conf"`,
    // dib itself cannot remove an immutable file from its build folder. Until it unmounts, ours is mounted over this one.
    'chattr -i "$TMP_BUILD_DIR/built/root/.pip/pip.conf"',
  ],
  "an image with links to itself, which from the host would lead to the host's files": [
    `
root=$TARGET_ROOT
mkdir -p "$root${host}/home" "$root${host}/pip" "$root/srv/config"
rm -r "$root/root"
ln -s '../../../../../..${host}/home' "$root/root"
ln -s '${host}/pip' "$root${host}/home/.pip"
ln -s '../../../../../../../../../..${host}/cfg' "$root${host}/home/.pydistutils.cfg"
ln -s /srv/config "$root${host}/home/.config"
echo '[list]' >"$root${host}/cfg"
find "$root${host}" "$root/root" "$root/srv" -exec touch -h -d '2001-02-03 04:05:06.123456789' '{}' +`,
    '',
  ],
})

t.test('an image is the same with and without the element, entry by entry', async (t) => {
  const scratch = scratchFolder(t)
  const root = await tinyRootTarball()
  mkdirSync(join(scratch, 'cache', 'pypi', 'mirror', 'demo-app'), { recursive: true })
  writeFileSync(join(scratch, 'cache', 'pypi', 'mirror', 'demo-app', 'index.html'), '')
  const host = join(scratch, 'host')
  for (const name of ['home/.pip/pip.conf', 'pip/pip.conf', 'cfg', 'home/.config/uv/uv.toml']) {
    mkdirSync(dirname(join(host, name)), { recursive: true })
    writeFileSync(join(host, name), 'of the host')
  }
  const hostBefore = readTree(host)
  const build = async (hooks: Build['hooks'], withPypi: boolean): Promise<Tree> => {
    const built = await buildImage(scratch, { root, hooks, withPypi, type: 'raw', options: ['--offline'] })
    succeeded(t, built)
    if (withPypi) t.match(built.log, /^index-url = file:\/\/\/tmp\/pypi$/m, 'pip was told of the mirror')
    return treeOf(scratch, built.image)
  }
  let dibsOwn: readonly string[] | undefined
  for (const [name, [rootHook, beforeCopying]] of Object.entries(bases(host))) {
    const hooks = {
      'root.d/20-own-files': `#!/bin/bash\nset -eu\n${rootHook}\n`,
      'install.d/50-read': '#!/bin/bash\n[ ! -d /tmp/pypi ] || cat /root/.pip/pip.conf\n',
      'block-device.d/50-before-dib-copies': `#!/bin/bash\nset -eu\n${beforeCopying}\n`,
    }
    const without = await build(hooks, false)
    // What dib itself makes anew in each build, such as /etc/resolv.conf's time.
    dibsOwn ??= differences(without, await build(hooks, false))
    t.notOk(
      dibsOwn.some((line) => line.startsWith('/root')),
      "dib does not touch root's home",
    )
    t.ok(dibsOwn.length < 30, 'few entries differ from build to build')
    const withElement = await build(hooks, true)
    const known = new Set(dibsOwn)
    t.same(
      differences(without, withElement).filter((line) => !known.has(line)),
      [],
      `${name} is the same with the element, entry by entry`,
    )
    t.ok(withElement['/usr/bin/busybox'], 'and the whole image was looked at')
    const file = withElement['/root/.pip/pip.conf.orig']
    if (file !== undefined)
      t.same(
        attributesOfOwnFiles.filter((attribute) => file.attributes[attribute] === undefined),
        [],
        'with attributes',
      )
  }
  t.same(differences(hostBefore, readTree(host)), [], "the host's files are as they were")
})
