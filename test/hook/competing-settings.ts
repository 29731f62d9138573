import t from 'tap'
import { officialIndex } from '../../element-src/lib/settings/index-list.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'

needsRoot(t)

const mirror = 'file:///tmp/pypi'
const elsewhere = 'http://127.0.0.1:1/elsewhere'
const environment = { DIB_OFFLINE: '1' }

/** A mirror with one package, to install from in the chroot. */
const withMirror = `mkdir -p "$DIB_IMAGE_CACHE/pypi/mirror/none"; echo >"$DIB_IMAGE_CACHE/pypi/mirror/none/index.html"`
/** pip says which indexes it looks in, and finds nothing. */
const ask = `python3 -m pip install --break-system-packages nothing-at-all 2>&1 || true`

t.test("offline, no index of the image's own configuration is asked", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    prepare: `${withMirror}
mkdir -p $ROOT/root/.pip $ROOT/root/.config/pip $ROOT/etc/xdg/pip
printf '[global]\\nextra-index-url = ${elsewhere}/a\\n' >$ROOT/root/.pip/pip.conf
printf '[global]\\nextra-index-url = ${elsewhere}/b\\n' >$ROOT/root/.config/pip/pip.conf
printf '[global]\\nextra_index_url = ${elsewhere}/c\\nno-index = true\\n[download]\\nindex-url = ${elsewhere}/f\\n' >$ROOT/etc/pip.conf
printf '[install]\\nextra-index-url = ${elsewhere}/d\\nfind-links = ${elsewhere}/e\\n' >$ROOT/etc/xdg/pip/pip.conf`,
    inChroot: `${ask}\n${ask.replace('install --break-system-packages', 'download')}`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.equal(ran.log.match(new RegExp(`^Looking in indexes: ${mirror}, ${mirror}$`, 'gm'))?.length, 2)
  t.notMatch(ran.log, /elsewhere/)
  t.notMatch(ran.log, /^pypi: warning/m)
  t.same(ran.differences, [])
})

t.test('each name of a setting that takes the mirrors away is overridden, and the others stay in force', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    // Its host is to be trusted, or pip leaves it out.
    environment: { ...environment, DIB_PYPI_MIRROR_URL: 'http://mirror.invalid/simple', DIB_PYPI_UNREACHABLE: 'keep' },
    prepare: `${withMirror}
mkdir -p $ROOT/root/.pip $ROOT/etc/uv $ROOT/root/.config/uv
printf '[DEFAULT]\\nindex-url = ${elsewhere}/a\\n[install]\\ntrusted-host = elsewhere\\ntimeout = 41\\n' >$ROOT/root/.pip/pip.conf
printf '[global]\\npypi-url = ${elsewhere}/b\\nlog = /root/pip.log\\ntimeout = 42\\nretries = 0\\n[install]\\ntrusted-host = elsewhere\\n' >$ROOT/etc/pip.conf
printf 'offline = true\\nindex-url = "${elsewhere}/c"\\n[pip]\\nno-deps = true\\nextra-index-url = ["${elsewhere}/d"]\\n' >$ROOT/etc/uv/uv.toml
cp $ROOT/etc/uv/uv.toml $ROOT/root/.config/uv/uv.toml`,
    inChroot: `${ask}
echo "isolated:"
python3 -m pip --isolated install --break-system-packages nothing-at-all 2>&1 || true
python3 -m pip config list
python3 -c 'import sys; print("cache", sys.argv)' "$(python3 -m pip cache dir)"
cat /root/.config/uv/uv.toml /etc/xdg/uv/uv.toml
test ! -e /root/pip.log`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-4000) })
  const looking = /^Looking in indexes: http:\/\/mirror\.invalid\/simple, http:\/\/mirror\.invalid\/simple$/gm
  t.equal(ran.log.match(looking)?.length, 2, 'also with --isolated')
  t.notMatch(ran.log, /elsewhere/)
  t.notMatch(ran.log, /not a trusted or secure host/)
  t.match(ran.log, /^install\.timeout='41'$/m)
  t.match(ran.log, /^global\.timeout='42'$/m)
  t.match(ran.log, /^cache .*\/tmp\/\.pypi-cache\/pip/m)
  t.equal(ran.log.match(/^offline = true$/gm)?.length, 2, "uv's other keys stay, those of /etc/uv in /etc/xdg/uv")
  t.equal(ran.log.match(/^\[pip\]\nno-deps = true$/gm)?.length, 2)
  t.same(ran.differences, [])
})

/** Each place of the image's own configuration, with whose pip reads it. */
const places: Readonly<Record<string, string>> = {
  '/root/.pip/pip.conf': '',
  '/root/.config/pip/pip.conf': '',
  '/etc/pip.conf': '--isolated',
  '/etc/xdg/pip/pip.conf': '--isolated',
}

t.test("what the image's own files set besides indexes stays in force while it is built", async (t) => {
  for (const [path, options] of Object.entries(places)) {
    const ran = await runPhases(scratchFolder(t), {
      environment,
      prepare: `${withMirror}
mkdir -p $ROOT$(dirname ${path})
printf '[global]\\nindex-url = ${elsewhere}\\ncert = /srv/ca.pem\\nproxy = http://127.0.0.1:1\\ntimeout = 7\\n[install]\\nbreak-system-packages = true\\nonly-binary = :all:\\n' >$ROOT${path}`,
      inChroot: `python3 -m pip ${options} config list`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-4000) })
    const set: readonly string[] = ran.log.match(/^(?:global|install)\..*$/gm) ?? []
    for (const line of [
      `install.index-url='${mirror}'`,
      "global.cert='/srv/ca.pem'",
      "global.proxy='http://127.0.0.1:1'",
      "global.timeout='7'",
      "install.break-system-packages='true'",
      "install.only-binary=':all:'",
    ])
      t.ok(set.includes(line), `${line}, of ${path}`, { set })
    t.same(ran.differences, [])
  }
})

t.test('an own file that no installer could read is refused by its name', async (t) => {
  for (const [path, text, why] of [
    ['/root/.pip/pip.conf', 'index-url = x', /line 1 is before the first section/],
    ['/etc/pip.conf', '[global]\\na = 1\\nA = 2', /line 3 repeats a/],
    ['/root/.config/uv/uv.toml', 'a = 1\\nb', /line 2/],
  ] as const) {
    const ran = await runPhases(scratchFolder(t), {
      environment,
      prepare: `${withMirror}\nmkdir -p $ROOT$(dirname ${path})\nprintf '${text}\\n' >$ROOT${path}`,
      compare: false,
    })
    t.not(ran.status, 0, path)
    const [error = ''] = ran.log.match(/^pypi: error: .*$/gm) ?? []
    t.ok(error.startsWith(`pypi: error: ${path} in the image`), error)
    t.match(error, why)
  }
})

t.test('what beats the mirror is warned of by name', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment: {
      ...environment,
      PIP_EXTRA_INDEX_URL: `http://user:secret@127.0.0.1:1/`,
      PIP_FIND_LINKS: '/srv',
      PIP_ISOLATED: '',
      UV_DEFAULT_INDEX: 'http://user:secret@127.0.0.1:1/',
      UV_CONFIG_FILE: '/nowhere.toml',
      UV_INDEX: '',
    },
    prepare: `${withMirror}\nprintf '[install]\\nindex-url = ${elsewhere}\\n' >$ROOT/usr/pip.conf`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.same(ran.log.match(/^pypi: warning: .*$/gm), [
    "pypi: warning: PIP_EXTRA_INDEX_URL is set in the build's environment: pip asks it instead of the further mirrors; unset it",
    "pypi: warning: PIP_FIND_LINKS is set in the build's environment: pip looks there as well; unset it",
    "pypi: warning: UV_DEFAULT_INDEX is set in the build's environment: uv asks it instead of the last index; unset it",
    "pypi: warning: UV_CONFIG_FILE is set in the build's environment: uv reads that file instead of ours, so no mirror; unset it",
    'pypi: warning: /usr/pip.conf in the image sets index-url: pip reads it last, so that it beats the mirrors; remove it',
  ])
  t.notMatch(ran.log, /secret/)
})

t.test('online, pip is given the official index last', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment: { DIB_PYPI_UNREACHABLE: 'keep' },
    prepare: withMirror,
    inChroot: 'python3 -m pip config get global.extra-index-url',
  })
  t.ok(ran.log.includes(`pypi: installers ask index ${mirror}, then ${officialIndex}\n`), 'said in the log')
  t.ok(ran.log.split('\n').includes(officialIndex), "and read by the image's own pip")
})
