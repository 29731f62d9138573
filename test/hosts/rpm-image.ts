import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { type Build, buildImage, localMirror, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { differences, parseTree, type Tree } from '../support/observation/tree.js'
import { makeMirror } from '../support/servers/mirror.js'
import { rpmRootTarball } from '../support/setup/fixtures.js'

needsRoot(t)

/** What an element of a distribution of RPMs does: upgrades and reinstalls what owns the folders in which we mount, installs, labels. */
const hooks = {
  'install.d/50-upgrade': `#!/bin/bash
set -eu
dnf -y -q upgrade filesystem
dnf -y -q reinstall filesystem rootfiles
rpm -q filesystem
python3 -m pip install --quiet --no-cache-dir --break-system-packages demo-app || [ ! -d /tmp/pypi ]
`,
  'post-install.d/50-verify': `#!/bin/bash
set -eu
echo "rpm -Va: $(rpm -Va filesystem rootfiles | sort | tr '\n' ';')"
`,
  'finalise.d/50-label': `#!/bin/bash
set -eu
setfiles -F -e /proc -e /sys -e /dev /etc/selinux/default/contexts/files/file_contexts /etc /root /home /usr/bin /tmp
`,
}

/** The image's entries, with their labels, as its file system has them; not what a package manager writes anew each time. */
const treeOf = (scratch: string, image: string): Tree => {
  const list = 'mkdir -p "$2" && mount -o ro,loop "$1" "$2" && python3 "$3" "$2" && umount "$2"'
  const tree = join(project, 'test', 'support', 'observation', 'tree.py')
  const text = execFileSync(
    'unshare',
    ['-m', '--propagation', 'private', 'sh', '-c', list, 'sh', image, join(scratch, 'image'), tree],
    { encoding: 'utf8', maxBuffer: 1 << 28 },
  )
  return Object.fromEntries(
    Object.entries(parseTree(text)).filter(
      ([path]) =>
        !/^\/(?:var\/(?:lib|cache|log)\/|usr\/(?:local\/)?lib\/python3[^/]*\/dist-packages\/.*(?:demo|__pycache__))/.test(
          path,
        ),
    ),
  )
}

t.test(
  'an image of RPMs is the same with and without the element: upgraded, verified and labelled by its own programs',
  async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1', text: "print('demo')" }])
    const root = await rpmRootTarball()
    const build = async (withPypi: boolean, more: Build['hooks'] = {}): Promise<[Tree, string]> => {
      const built = await buildImage(scratch, {
        root,
        withPypi,
        type: 'raw',
        options: ['--offline'],
        elements: ['yum', 'rpm-distro', 'package-installs'],
        hooks: { ...hooks, ...more },
        environment: { DISTRO_NAME: 'centos', DIB_RELEASE: '9-stream', YUM: 'dnf' },
      })
      succeeded(t, built)
      return [treeOf(scratch, built.image), built.log]
    }
    const [withElement, log] = await build(true)
    t.match(
      log,
      /filesystem-3\.16-2\.noarch/,
      'the package that owns the folders was upgraded while ours were mounted in them',
    )
    t.notMatch(log, /pypi: (?:warning|error)/)
    const [without, logWithout] = await build(false)
    const verified = (text: string): string | undefined => /rpm -Va: (.*)/.exec(text)?.[1]
    t.equal(
      verified(log)?.replace(/[^;]*\/tmp[^;]*;/g, ''),
      verified(logWithout)?.replace(/[^;]*\/tmp[^;]*;/g, ''),
      'rpm -Va says the same',
    )
    t.same(
      differences(without, withElement).filter(
        (line) => !/^\/(?:etc\/(?:machine-id|resolv|ld\.so|mtab|hosts)|tmp|run|dev)\b|: time$/.test(line),
      ),
      [],
    )
    t.match(JSON.stringify(withElement['/root']?.attributes), /selinux/, 'labels are compared as well')
  },
)
