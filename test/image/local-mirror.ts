import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  buildImage,
  localMirror,
  namesInTarball,
  ownLines,
  readFromTarball,
  scratchFolder,
  succeeded,
} from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { madeForMounts } from '../support/builds/standard-build.js'
import { makeMirror } from '../support/servers/mirror.js'

needsRoot(t)

const elsewhere = 'http://127.0.0.1:1/elsewhere'

const hashes = (folder: string): Record<string, string> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [path, readFileSync(path, 'base64')]),
  )

t.test('an offline build takes everything from the local mirror, and the image shows no sign of it', async (t) => {
  const scratch = scratchFolder(t)
  makeMirror(localMirror(scratch), [
    { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo.lib>=2'] },
    { name: 'Demo.Lib', version: '2.1', text: 'answer = 42' },
    { name: 'setup-helper', version: '3.0', text: 'helped = "by the mirror"' },
  ])
  const before = hashes(localMirror(scratch))
  const build = await buildImage(scratch, {
    options: ['--offline'],
    hooks: {
      // Indexes of the image's own, which nothing may ask offline.
      'root.d/20-own-indexes': `#!/bin/bash
set -eu
sudo mkdir -p "$TARGET_ROOT/root/.config/pip"
echo '[global]
extra-index-url = ${elsewhere}/newer' | sudo tee "$TARGET_ROOT/root/.config/pip/pip.conf"
echo '[install]
extra-index-url = ${elsewhere}/etc' | sudo tee "$TARGET_ROOT/etc/pip.conf"
`,
      'install.d/50-install': `#!/bin/bash
set -eu
python3 -m pip install --no-cache-dir --target /opt/demo/site-packages demo-app
PYTHONPATH=/opt/demo/site-packages python3 -c 'import demo_app'
# What the original element let happen to the user's mirror.
if rm -rf /tmp/pypi/* || touch /tmp/pypi/new; then echo 'the mirror is writable'; fi
findmnt -no OPTIONS,PROPAGATION /tmp/pypi
ls -A /tmp
`,
      'install.d/60-easy-install': `#!/bin/bash
set -eu
mkdir /opt/old-style
cd /opt/old-style
printf 'from setuptools import setup\\nsetup(name="old-style", version="1", setup_requires=["setup-helper"])\\n' >setup.py
python3 setup.py --version
ls .eggs
`,
    },
  })
  succeeded(t, build)
  t.match(build.log, /Looking in indexes: (?:file:\/\/\/tmp\/pypi(?:, )?)+\n/, 'pip asks the mirror and nothing else')
  t.match(build.log, /Successfully installed demo-app-1\.0 demo[.-]lib-2\.1/i)
  t.match(build.log, /setup_helper-3\.0/, 'setup_requires is served by the mirror through .pydistutils.cfg')
  t.notMatch(build.log, /the mirror is writable/)
  t.match(build.log, /^ro,\S* +private$/m, 'mounted read-only and private')
  t.notMatch(build.log, /^\.pypi$/m, 'the staged folder is out of the image before other hooks run')
  t.same(hashes(localMirror(scratch)), before, 'not a byte of the mirror has changed')

  t.same(ownLines(build.log), [
    `${localMirror(scratch)} is a PEP 503 index; it is read-only at /tmp/pypi in the image`,
    'the build uses index file:///tmp/pypi',
    'the build does not ask PyPI (DIB_OFFLINE)',
    'file:///tmp/pypi is a folder, N ms',
    `mounted over /root/.pip, /root/.config/uv, /root/.config/pip, /etc/xdg/pip, /etc/xdg/uv, /root/.pydistutils.cfg, /etc/pip.conf for this build`,
    '/etc/pip.conf itself is mounted over, since it sets what beats the mirrors. A package that owns it cannot be upgraded or removed before finalise.d',
    'installers ask index file:///tmp/pypi',
    `the image holds no mirror configuration; removed ${madeForMounts.filter((path) => path !== '/root/.config').join(', ')}`,
  ])
  const names = namesInTarball(build.image)
  t.ok(
    names.some((name) => name.endsWith('/site-packages/demo_app.py')),
    'what was installed is there',
  )
  t.same(
    names.filter((name) => /^\/(?:tmp|root)\/.*(?:pip|pypi|pydistutils)/.test(name)),
    ['/root/.config/pip', '/root/.config/pip/pip.conf'],
    'no file of the element is in the image, and its own file is',
  )
  t.equal(
    readFromTarball(build.image, '/root/.config/pip/pip.conf'),
    `[global]\nextra-index-url = ${elsewhere}/newer\n`,
    'as it was',
  )
})
