import { mkdirSync } from 'node:fs'
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
import { filesWith, makeSecret } from '../support/observation/secret.js'

needsRoot(t)

t.test('other elements edit and remove what the element mounted over the image as they do without it', async (t) => {
  const scratch = scratchFolder(t)
  mkdirSync(localMirror(scratch), { recursive: true })
  const secret = makeSecret()
  const conf = '/root/.pip/pip.conf'
  const build = await buildImage(scratch, {
    options: ['--offline'],
    environment: {
      DIB_PYPI_MIRROR_URL: `http://${secret.inUrl}@127.0.0.1:1/simple`,
      DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
      DIB_PYPI_UNREACHABLE: 'keep',
    },
    hooks: {
      'install.d/50-append': `#!/bin/bash
set -eu
echo 'timeout = 60' >>${conf}
sed -i s/60/61/ ${conf}
cp ${conf} ${conf}.bak
# What the kernel refuses to do to a mount point.
if rm /root/.pydistutils.cfg; then echo 'it went on'; fi
# But for the folder of dib-run-parts itself, which could not go on without it.
find /tmp -mindepth 1 -maxdepth 1 ! -name 'profiledir.*' -exec rm -rf '{}' + || echo 'not all of /tmp was cleared'
`,
      'install.d/60-set': `#!/bin/bash
set -eu
python3 -m pip config set global.progress-bar off
python3 - <<'END'
import configparser
parser = configparser.RawConfigParser()
parser.read('${conf}')
parser.add_section('list')
parser.set('list', 'format', 'columns')
with open('${conf}', 'w') as file:
    parser.write(file)
END
`,
      'post-install.d/50-remove-pip': '#!/bin/bash\nset -eu\nrm -rf /usr/lib/python3/dist-packages/pip /usr/bin/pip*\n',
      'finalise.d/50-remove': `#!/bin/bash
set -eu
rm /root/.pydistutils.cfg
rm -rf /root/.config/uv /tmp/pypi
`,
    },
  })
  succeeded(t, build)
  t.match(
    build.log,
    /^rm: cannot remove '\/root\/\.pydistutils\.cfg': Device or resource busy$/m,
    'rm of a file that is mounted over by itself fails where it is called',
  )
  t.match(build.log, /^not all of \/tmp was cleared$/m)
  t.notMatch(build.log, /^it went on$/m)
  t.equal(
    readFromTarball(build.image, conf),
    '[global]\ntimeout = 61\n[list]\nformat = columns\n',
    'what hooks added is in the image, and nothing of ours',
  )
  t.equal(readFromTarball(build.image, '/root/.config/pip/pip.conf').trim(), '[global]\nprogress-bar = off')
  t.same(
    namesInTarball(build.image).filter((name) => /^\/(?:root|tmp)\/.*(?:pypi|pydistutils|uv)/.test(name)),
    [],
    'what they removed is not there',
  )
  t.same(ownLines(build.log).slice(-2), [
    `kept another element's changes in ${conf}, ${conf}.bak`,
    'the image holds no mirror configuration; removed /etc/xdg/uv, /etc/xdg/pip, /etc/xdg',
  ])
  t.same(await filesWith(secret.traces, [build.image]), [], 'and no password')
})
