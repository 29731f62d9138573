import { join } from 'node:path'
import t from 'tap'
import { officialIndex } from '../../element-src/lib/settings/index-list.js'
import {
  buildImage,
  localMirror,
  namesInTarball,
  ownLines,
  scratchFolder,
  succeeded,
} from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { madeForMounts, mountedOver } from '../support/builds/standard-build.js'
import { makeMirror } from '../support/servers/mirror.js'
import { serveMirror } from '../support/servers/server.js'

needsRoot(t)

t.test(
  "the typical use: a distribution's mirror, a general one, the local one, no retries, no official index",
  async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(join(scratch, 'distribution'), [{ name: 'from-distribution', version: '1', text: 'x = 1' }])
    makeMirror(join(scratch, 'general'), [
      { name: 'from-general', version: '1', text: 'x = 1' },
      { name: 'from-distribution', version: '0.5', text: 'x = 1' },
    ])
    makeMirror(localMirror(scratch), [{ name: 'from-local', version: '1', text: 'x = 1' }])
    const distribution = await serveMirror(t, join(scratch, 'distribution'), 'builder:p@ss=w;x')
    const general = await serveMirror(t, join(scratch, 'general'))
    const first = `127.0.0.1:${distribution.port}/simple`
    const second = `http://127.0.0.1:${general.port}/simple/`
    const build = await buildImage(scratch, {
      environment: {
        DIB_PYPI_RELAY: 'never',
        DIB_PYPI_MIRROR_URL: `http://builder:p%40ss=w;x@${first}`,
        DIB_PYPI_MIRROR_URL_1: second,
        DIB_PYPI_MIRROR_URL_2: 'file:///tmp/pypi',
        DIB_PYPI_MIRROR_URL_3: '',
        DIB_PIP_RETRIES: '0',
        DIB_NO_PYPI_PIP: 'yes',
        DIB_DEBUG_TRACE: '1',
      },
      hooks: {
        'install.d/50-install': `#!/bin/bash
set -eu
python3 -m pip install --no-cache-dir --target /opt/demo from-distribution from-general from-local
python3 -m pip config list --user
python3 -m pip install --no-cache-dir --target /opt/demo not-there-at-all || true
cat /root/.pydistutils.cfg
`,
      },
    })
    succeeded(t, build)
    t.match(build.log, /Successfully installed from-distribution-1 from-general-1 from-local-1/)
    t.ok(distribution.requests.includes('/from-distribution/'), 'the first is asked, with its password')
    t.ok(general.requests.includes('/from-general/'))
    t.match(build.log, /^global\.retries='0'$/m, "the image's pip reads the retries")
    t.match(build.log, /^index_url = file:\/\/\/tmp\/pypi$/m, 'easy_install has the last listed')
    const order = `index http://builder:****@${first}, then ${second}, file:///tmp/pypi`
    t.same(
      ownLines(build.log).filter((line) => !line.startsWith('trace: ')),
      [
        `${localMirror(scratch)} is a PEP 503 index; it is read-only at /tmp/pypi in the image`,
        `the build uses ${order}`,
        'the build does not ask PyPI (DIB_NO_PYPI_PIP)',
        `http://builder:****@${first} answers 200, N ms`,
        `${second} answers 200, N ms`,
        'file:///tmp/pypi is a folder, N ms',
        `mounted over ${mountedOver.join(', ')} for this build`,
        `installers ask ${order}`,
        `the image holds no mirror configuration; removed ${madeForMounts.join(', ')}`,
      ],
    )
    t.ok(
      ownLines(build.log).some((line) => line.startsWith('trace: sudo mount ')),
      'DIB_DEBUG_TRACE says each step',
    )
    t.same(
      ownLines(build.log).filter((line) => line.includes('p%40ss')),
      [],
      'no line of ours holds the password',
    )
    t.same(
      namesInTarball(build.image).filter((name) => /pip\.conf|pydistutils\.cfg/.test(name)),
      [],
    )
  },
)

t.test(
  "the image's own Python and pip read ten mirrors, one by an old name and an odd URL, to the letter",
  async (t) => {
    const scratch = scratchFolder(t)
    const odd = 'https://user:p%40ss=w;x@mirror.example/simple?a=b;c#d'
    const numbered = Object.fromEntries(
      Array.from({ length: 10 }, (_, i) => [`DIB_PYPI_MIRROR_URL_${i + 1}`, `http://m${i + 1}.example/simple`]),
    )
    const build = await runPhases(scratch, {
      environment: {
        DIB_PYPI_RELAY: 'never',
        DIB_PYPI_MIRROR_URL: odd,
        ...numbered,
        // None of them is there.
        DIB_PYPI_UNREACHABLE: 'keep',
        PYPI_MIRROR_URL_OLD: 'https://old.example/simple',
        DIB_PYPI_TRUSTED_HOST: 'old.example other.example:8443',
        DIB_PYPI_NODE: process.execPath,
      },
      inChroot: `python3 - >/opt/read-by-python <<'END'
import configparser, os
parser = configparser.RawConfigParser()
parser.read('/root/.pip/pip.conf')
for key, value in parser.items('global'):
    print(key, '=', *value.split())
parser = configparser.ConfigParser()
parser.read('/root/.pydistutils.cfg')
print('easy_install', '=', parser.get('easy_install', 'index_url'))
END
python3 -m pip config get global.index-url >/opt/read-by-pip
stat -c %a /root/.pip/pip.conf /root/.pydistutils.cfg | paste -s
`,
      compare: false,
      keep: ['/opt/read-by-python', '/opt/read-by-pip'],
    })
    succeeded(t, build)
    const order = [1, 10, 2, 3, 4, 5, 6, 7, 8, 9]
    const lines = (build.kept('/opt/read-by-python') ?? '').split('\n')
    const value = (key: string): string | undefined =>
      lines.find((line) => line.startsWith(`${key} = `))?.slice(key.length + 3)
    t.equal(value('index-url'), odd)
    const extra = value('extra-index-url')?.split(' ') ?? []
    t.same(extra.slice(0, -1), [...order.map((i) => `http://m${i}.example/simple`), 'https://old.example/simple'])
    t.equal(extra.at(-1), officialIndex, 'the official index is the last')
    t.equal(
      value('trusted-host'),
      [...order.map((i) => `m${i}.example`), 'old.example', 'other.example:8443'].join(' '),
    )
    t.equal(value('easy_install'), 'https://old.example/simple', 'the last listed, the official index not counted')
    t.equal(build.kept('/opt/read-by-pip')?.trim(), odd)
    t.match(
      build.log,
      /^644\t600$/m,
      'the modes that a hook would give it, and of a file that is mounted over by itself',
    )
    const warnings = ownLines(build.log).filter(
      (line) => line.startsWith('warning: ') && !/ is (?:down|unusable|odd|without a page) \(N ms\): /.test(line),
    )
    t.match(
      warnings[0],
      /^warning: PYPI_MIRROR_URL_OLD: the name PYPI_MIRROR_URL is deprecated, use DIB_PYPI_MIRROR_URL/,
    )
    t.match(
      warnings[1],
      /: DIB_PYPI_MIRROR_URL, DIB_PYPI_MIRROR_URL_1, DIB_PYPI_MIRROR_URL_10, DIB_PYPI_MIRROR_URL_2, /,
    )
    t.equal(warnings.length, 2)
  },
)
