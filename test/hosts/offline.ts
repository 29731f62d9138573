import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { buildImage, localMirror, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { makeWheels } from '../support/servers/mirror.js'
import { recipe } from '../support/servers/recipes.js'
import { smallRoot } from '../support/setup/fixtures.js'

needsRoot(t)

/** What debian-minimal and what it needs install by apt beyond debootstrap's own, as packages that hold nothing. */
const packages = [
  'systemd-sysv',
  'busybox',
  'gnupg2',
  'linux-image-amd64',
  'linux-image-arm64',
  'netbase',
  'adduser',
].concat(['ca-certificates', 'cloud-initramfs-growroot', 'locales', 'lsb-release'])

const makePackage = (folder: string, scratch: string, name: string): void => {
  const content = join(scratch, 'packages-made', name)
  mkdirSync(join(content, 'DEBIAN'), { recursive: true })
  writeFileSync(
    join(content, 'DEBIAN', 'control'),
    `Package: ${name}\nVersion: 9999\nArchitecture: all\nMaintainer: x <x@example.org>\nDescription: x\n`,
  )
  execFileSync('dpkg-deb', ['-b', '--root-owner-group', content, join(folder, `${name}_9999_all.deb`)])
}

t.test(
  'debian-minimal is built without a network from what an online build left, as docs/offline.md says',
  async (t) => {
    const scratch = scratchFolder(t)
    const cache = join(scratch, 'cache')
    const debs = join(cache, 'apt', 'debian')
    mkdirSync(debs, { recursive: true })
    for (const name of packages) makePackage(debs, scratch, name)
    const arch = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim()
    // As DIB_DEBOOTSTRAP_CACHE leaves it, which has no sources of apt.
    const cached = join(cache, `debootstrap-debian-bookworm-${arch}.tar.gz`)
    const without = ['./etc/apt/sources.list*', './usr/share/doc', './usr/share/locale'].map(
      (path) => `--exclude=${path}`,
    )
    execFileSync('tar', ['-C', await smallRoot(), ...without, '--numeric-owner', '-I', 'gzip -1', '-cf', cached, '.'])
    makeWheels(localMirror(scratch), [{ name: 'demo-app', version: '1.0', text: 'print("demo-app is here")' }])

    const commands = recipe('The packages of Debian, offline', { '~/.cache/image-create': cache })
    const [, settings = ''] =
      /^([\s\S]*)disk-image-create --offline -o image debian-minimal vm pypi my-element\n$/.exec(commands) ?? []
    const offline = await buildImage(scratch, {
      system: 'debian-minimal',
      options: ['--offline'],
      environment: { DIB_RELEASE: 'bookworm' },
      // With the loopback alone.
      runBy: ['unshare', '--net', 'bash', '-euc', `ip link set lo up\n${settings}trap 'kill %1' EXIT\n"$0" "$@"`],
      hooks: {
        'install.d/50-install': `#!/bin/bash
set -eu
cat /proc/net/route
python3 -m pip install --no-cache-dir --target /tmp/at demo-app
PYTHONPATH=/tmp/at python3 -c 'import demo_app'
`,
      },
    })
    succeeded(t, offline)
    t.match(offline.log, /^Iface\t.*\n(?!\S+\t0)/m, 'no route leads anywhere')
    t.match(offline.log, /Setting up netbase \(9999\)/, 'apt installs from the copy')
    t.match(offline.log, /^demo-app is here$/m, 'pip from the mirror')
  },
)
