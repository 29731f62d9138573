import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { buildImage, namesInTarball, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { changedMounts, folderInMirror, watchHost, watchMounts } from '../support/observation/harm.js'
import { tinyRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

const watcher = join(project, 'test', 'support', 'observation', 'watch_mounts.py')

t.test('a build on a host whose mounts are shared, whose scripts try to harm the mirror, harms nothing', async (t) => {
  const scratch = scratchFolder(t)
  const host = watchHost(scratch)
  const inMirror = folderInMirror(scratch)
  const build = await buildImage(scratch, {
    root: await tinyRootTarball(),
    options: ['--offline'],
    runBy: watchMounts(
      `
# As systemd has it; in this namespace, and not the machine's own, of which it is no peer.
mount --make-rshared /
mount -t tmpfs tmpfs '${inMirror}'
echo kept >'${inMirror}/file'
unshare -m --propagation slave python3 '${watcher}' "$TMP_DIR" /tmp/pypi "$PWD/seen-beside" &
beside=$!`,
      `
awk '{ print $5 }' /proc/$beside/mountinfo >mounts-beside
kill $beside
cp '${inMirror}/file' other-disk`,
    ),
    hooks: {
      'install.d/50-harm': `#!/bin/bash
set -eu
if rm -rf /tmp/pypi/* || rm -rf /tmp/pypi; then echo 'the mirror is writable'; fi
if touch /tmp/pypi/new || echo x >/tmp/pypi/index.html || chmod 0777 /tmp/pypi; then echo 'the mirror is writable'; fi
# A process that is in the mirror when dib unmounts it.
cd /tmp/pypi
sleep 300 </dev/null >/dev/null 2>&1 &
`,
      'post-root.d/50-still-there': `#!/bin/bash
set -eu
for process in /proc/[0-9]*; do
    [ "$(readlink "$process/cwd")" != "$TMP_MOUNT_PATH/tmp/pypi" ] || echo "in the mirror: $(cat "$process/comm")"
done
`,
    },
  })
  succeeded(t, build)
  const read = (name: string): string => readFileSync(join(dirname(build.image), name), 'utf8')
  t.match(build.log, /^touch: .*\/tmp\/pypi\/new\b.*: Read-only file system$/m, 'writing was tried')
  t.notMatch(build.log, /the mirror is writable/)
  t.match(build.log, /^in the mirror: sleep$/m, 'a process was there')
  t.match(ownLines(build.log).at(-1), /^the image holds no mirror configuration; removed /)
  t.same(
    namesInTarball(build.image).filter((name) => /^\/tmp\/./.test(name)),
    [],
    'no copy of the mirror is in the image',
  )
  t.match(
    read('seen-beside'),
    /^ro \S+\/mnt\/tmp\/pypi\n$/,
    'in the namespace beside it was mounted, and never writable',
  )
  t.same(changedMounts(build.image), [], 'the same is mounted as before')
  t.equal(read('other-disk'), 'kept\n', "among it the host's file system in the mirror")
  const beside = read('mounts-beside').split('\n')
  t.ok(beside.includes(inMirror), 'in the namespace beside as well')
  t.notOk(
    beside.some((path) => path.startsWith(join(scratch, 'build-'))),
    'and nothing of the build',
  )
  t.same(host.leftovers(), [], 'no folder is left')
  t.same(host.harm(), [], 'the mirror and the host are as they were')
})
