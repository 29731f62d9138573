import { execFileSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import t from 'tap'
import { buildImage, ownLines, scratchFolder, succeeded } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { readConfiguration } from '../support/builds/standard-build.js'

needsRoot(t)

/**
 * What dib's ramdisk element would have installed, without a network: the host's static busybox, and stubs. dib 3.13 does
 * not pass on all of the variables that its own hook in the chroot wants.
 */
const stubs: Readonly<Record<string, string>> = {
  'element-provides': 'deploy-tgtadm\n',
  'environment.d/20-ramdisk-stubs.bash': `export _BASE_ELEMENT_DIR=\${_BASE_ELEMENT_DIR:-}
export TMP_IMAGE_PATH=\${TMP_IMAGE_PATH:-/tmp/initramfs}
unset TMP_DIR
export DIB_NO_TMPFS=1
`,
  'root.d/50-ramdisk-stubs': `#!/bin/bash
set -eu
root=$TARGET_ROOT
bin=$root/usr/local/bin
sudo install -D -m 755 "$(type -p busybox)" "$root/usr/bin/busybox"
sudo ln -s /usr/bin/busybox "$bin/cpio"
printf '#!/bin/sh\\n' | sudo tee "$bin/stub" >/dev/null
sudo chmod 755 "$bin/stub"
for name in pkg-map install-packages dhclient ip udevadm shutdown; do sudo ln -s stub "$bin/$name"; done
sudo mkdir -p "$root/boot" "$root/lib/udev/rules.d" "$root/lib/modules/1-generic/kernel/drivers/video"
echo 'no kernel' | sudo tee "$root/boot/vmlinuz-1-generic" >/dev/null
echo '# none' | sudo tee "$root/lib/udev/rules.d/80-drivers.rules" >/dev/null
`,
}

t.test('ramdisk-image-create makes an initramfs with nothing of ours, and a receipt beside it', async (t) => {
  const scratch = scratchFolder(t)
  const built = await buildImage(scratch, {
    program: 'ramdisk-image-create',
    type: 'tar',
    options: ['--offline'],
    environment: { DIB_PYPI_RECEIPT: '1' },
    hooks: { 'install.d/50-read-configuration': readConfiguration, ...stubs },
  })
  succeeded(t, built)
  t.match(built.log, /^index-url = file:\/\/\/tmp\/pypi$/m, 'installers had their configuration')
  t.match(ownLines(built.log).join('\n'), /^the image holds no mirror configuration/m)
  t.same(readdirSync(join(dirname(built.image), 'image.d')), ['pypi.cdx.json'])
  const list = 'gzip -dc "$0" | busybox cpio -t 2>/dev/null'
  const initramfs = built.image.replace(/\.tar$/, '.initramfs')
  const names = execFileSync('sh', ['-c', list, initramfs], { encoding: 'utf8' }).split('\n')
  t.ok(names.length > 100, 'the initramfs was looked into')
  t.same(
    names.filter((name) => /pypi|pydistutils|pip\.conf/.test(name)),
    [],
  )
})
