import { readdirSync } from 'node:fs'
import t from 'tap'
import {
  buildImage,
  localMirror,
  namesInTarball,
  ownLines,
  scratchFolder,
  succeeded,
} from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { madeForMounts, mountedOver } from '../support/builds/standard-build.js'
import { makeWheels } from '../support/servers/mirror.js'

needsRoot(t)

const refused = 'http://127.0.0.1:1/simple'

t.test('a flat folder of wheels is a mirror as it is, and one that is down holds nothing up', async (t) => {
  const scratch = scratchFolder(t)
  makeWheels(localMirror(scratch), [
    { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo.lib>=2'] },
    { name: 'Demo.Lib', version: '2.1', text: 'answer = 42' },
  ])
  const before = readdirSync(localMirror(scratch)).sort()
  const build = await buildImage(scratch, {
    environment: { DIB_PYPI_MIRROR_URL: refused, DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi/' },
    options: ['--offline'],
    hooks: {
      'install.d/50-install': `#!/bin/bash
set -eu
python3 -m pip install --no-cache-dir --target /opt/demo demo-app
PYTHONPATH=/opt/demo python3 -c 'import demo_app'
if rm -rf /tmp/pypi/* /tmp/pypi-index/* || touch /tmp/pypi-index/new; then echo 'the mirror is writable'; fi
findmnt -no TARGET,FSTYPE,OPTIONS,PROPAGATION /tmp/pypi-index
`,
      // Others must still be able to install after another has tried to clear it.
      'install.d/60-install': `#!/bin/bash
set -eu
python3 -m pip install --no-cache-dir --target /opt/demo-2 demo-lib
`,
    },
  })
  succeeded(t, build)
  t.same(ownLines(build.log), [
    `${localMirror(scratch)} is a flat folder of 2 files for any Python; it is read-only at /tmp/pypi in the image, with its index at file:///tmp/pypi-index`,
    `the build uses index ${refused}, then file:///tmp/pypi-index`,
    'the build does not ask PyPI (DIB_OFFLINE)',
    `warning: ${refused} is down (N ms): it refuses the connection; left out of this build (DIB_PYPI_UNREACHABLE=drop)`,
    'file:///tmp/pypi-index is a folder, N ms',
    `mounted over ${mountedOver.join(', ')} for this build`,
    'installers ask index file:///tmp/pypi-index',
    `the image holds no mirror configuration; removed ${madeForMounts.join(', ')}`,
  ])
  t.match(build.log, /Successfully installed demo-app-1\.0 demo[.-]lib-2\.1/i)
  t.match(build.log, /Successfully installed demo[.-]lib-2\.1$/im)
  t.notMatch(build.log, /the mirror is writable/)
  t.match(build.log, /^\/tmp\/pypi-index +tmpfs +ro,\S* +private$/m)
  t.same(readdirSync(localMirror(scratch)).sort(), before, 'the mirror is as it was')
  t.same(
    namesInTarball(build.image).filter((name) => /^\/(?:root|tmp)\/.*(?:pip|pypi|pydistutils|uv)/.test(name)),
    [],
  )
})
