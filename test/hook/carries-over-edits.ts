import { readdirSync } from 'node:fs'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()
const oldRoot = await fixtures.oldRoot()
const pips = await fixtures.pips()
const smallRoot = await fixtures.smallRoot()

const environment = {
  DIB_PYPI_RELAY: 'never',
  DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
  DIB_OFFLINE: '1',
}
const conf = '/root/.pip/pip.conf'
const newer = '/root/.config/pip/pip.conf'

/** What `pip config set` and other tools do: read the file, change a key, write it anew. */
const setTimeout60 = `python3 - <<'END'
import configparser
parser = configparser.RawConfigParser()
parser.read('${conf}', 'latin-1')
parser.has_section('global') or parser.add_section('global')
parser.set('global', 'timeout', '60')
with open('${conf}', 'w') as file:
    parser.write(file)
END`

t.test("what another hook writes into our file is the image's, where it has no file", async (t) => {
  const edits: Readonly<Record<string, readonly [string, string]>> = {
    'a line at the end': [`echo 'timeout = 60' >>${conf}`, '[global]\ntimeout = 60\n'],
    'a key set by a program': [setTimeout60, '[global]\ntimeout = 60\n'],
    'the file written anew': [`printf '[global]\\ntimeout = 60\\n' >${conf}`, '[global]\ntimeout = 60\n'],
  }
  for (const [name, [inChroot, expected]] of Object.entries(edits)) {
    const ran = await runPhases(scratchFolder(t), { environment, inChroot, keep: [conf] })
    t.equal(ran.status, 0, name, { log: ran.log })
    t.equal(ran.kept(conf), expected)
    t.match(ran.log, /^pypi: kept another element's changes in \/root\/\.pip\/pip\.conf$/m)
    t.same(
      ran.differences.filter((line) => !line.endsWith(': time')),
      ['/root/.pip: only in the second', `${conf}: only in the second`],
      'and nothing else is left',
    )
  }
})

t.test("what another hook writes is merged into the image's own file, whose attributes stay", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    prepare: `
mkdir -p $ROOT/root/.pip
printf '; \\351 own, in Latin-1\\n[global]\\nproxy = p\\n' >$ROOT${conf}
chmod 0604 $ROOT${conf}
chown 12:34 $ROOT${conf}
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.test", b"value")' $ROOT${conf}`,
    inChroot: setTimeout60,
    keep: [conf],
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.equal(ran.kept(conf), '; \xe9 own, in Latin-1\n[global]\nproxy = p\ntimeout = 60\n')
  t.same(ran.differences, [`${conf}: time`, `${conf}: content`], 'mode, owner and attributes are as they were')
})

t.test('pip config set writes where it does without the element', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    inChroot: 'python3 -m pip config set global.timeout 60',
    keep: [newer],
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.equal(ran.kept(newer)?.trim(), '[global]\ntimeout = 60')
  t.notOk(ran.differences.some((line) => line.startsWith('/root/.pip')))
})

/** The oldest and the newest pip that know `pip config`, by the Pythons of the tests' roots that they run on. */
const pipsThatSet = [
  { python: 'python2.7', root: oldRoot, isFor: (number: number) => number === 10 || number === 20 },
  { python: 'python3', root: smallRoot, isFor: (number: number) => number === 21 || number >= 26 },
]

for (const { python, root, isFor } of pipsThatSet) {
  t.test(`what pips on ${python} set goes into the image's own file`, async (t) => {
    const wheels = readdirSync(pips).filter((name) => isFor(Number(/^pip-(\d+)\./.exec(name)?.[1])))
    t.ok(wheels.length > 1)
    const set = wheels.map(
      (wheel, i) => `PYTHONPATH=/srv/pips/${wheel} ${python} -m pip config set set-by.number${i} ${i}`,
    )
    const ran = await runPhases(scratchFolder(t), {
      root,
      withInstallers: true,
      environment,
      prepare: `mkdir -p $ROOT/root/.config/pip; printf '# own\\n[global]\\nproxy = p\\n' >$ROOT${newer}`,
      inChroot: set.join('\n'),
      keep: [newer],
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    const lines = wheels.map((_, i) => `number${i} = ${i}\n`)
    t.equal(ran.kept(newer), `# own\n[global]\nproxy = p\n[set-by]\n${lines.join('')}`)
    t.match(ran.log, /^pypi: kept another element's changes in .*\/root\/\.config\/pip\/pip\.conf$/m)
  })
}

/** What the kernel refuses to do to a mount point, and how programs say so. */
const failing: Readonly<Record<string, RegExp>> = {
  'sed -i s/secret/open/ /root/.pydistutils.cfg': /^sed: cannot rename \S+: Device or resource busy$/m,
  'rm /root/.pydistutils.cfg': /^rm: cannot remove '\/root\/\.pydistutils\.cfg': Device or resource busy$/m,
  'rm -rf /root/.pip': /^rm: cannot remove '\/root\/\.pip': Device or resource busy$/m,
  'echo >/tmp/new; mv /tmp/new /root/.pydistutils.cfg': /^mv: .*Device or resource busy$/m,
}

t.test('what cannot work on a mount point fails with a message, and does no harm', async (t) => {
  const each = Object.keys(failing).map((command) => `if (${command}); then echo 'it went on'; fi`)
  const ran = await runPhases(scratchFolder(t), { environment, inChroot: `${each.join('\n')}\nrm /tmp/new` })
  for (const [command, message] of Object.entries(failing)) t.match(ran.log, message, command)
  t.notMatch(ran.log, /it went on/)
  t.same(ran.differences, ['/root: time'], 'and does no harm: sed made a file beside it')
})

t.test('what a hook writes after dib has unmounted our files stays as it is', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    finalise: `printf '[global]\\ntimeout = 7\\n' >$ROOT${conf}`,
    keep: [conf],
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.equal(ran.kept(conf), '[global]\ntimeout = 7\n')
})

/** What other elements do away with, in the chroot and on the host after dib has unmounted everything; and what is left of it. */
const removals: Readonly<Record<string, { inChroot?: string; finalise?: string; differences?: readonly string[] }>> = {
  'our stubs and their folders': {
    finalise: 'rm -r $ROOT/root/.pip $ROOT/root/.pydistutils.cfg $ROOT/root/.config',
    differences: ['/root: time'],
  },
  'one of our stubs': { finalise: 'rm $ROOT/root/.pydistutils.cfg', differences: ['/root: time'] },
  'all that is in /tmp': {
    inChroot: 'rm -rf /tmp/* /tmp/.[!.]* || true',
    finalise: 'rm -rf $ROOT/tmp/* $ROOT/tmp/.[!.]*',
  },
  'our mount, and the folder below it': {
    inChroot: 'umount /root/.pip; rmdir /root/.pip',
    differences: ['/root: time'],
  },
  'the folder, and puts a link there': {
    finalise: 'rm -r $ROOT/root/.pip; ln -s /etc/pip $ROOT/root/.pip',
    differences: ['/root: time', '/root/.pip: only in the second'],
  },
  'the file, and puts a link there': {
    finalise: `ln -sf /etc/hostname $ROOT${conf}`,
    differences: ['/root/.pip: only in the second', `${conf}: only in the second`],
  },
  "root's home": { finalise: 'rm -r $ROOT/root', differences: ['/: time', '/root: only in the first'] },
}

for (const [name, { differences = [], ...phases }] of Object.entries(removals)) {
  t.test(`another hook that removes ${name} does so`, async (t) => {
    const ran = await runPhases(scratchFolder(t), {
      root: muslRoot,
      environment,
      ...phases,
      prepare: `mkdir -p "$DIB_IMAGE_CACHE/pypi/mirror/kept"; ${name === "root's home" ? 'rm -f $ROOT/root/.[a-z]*' : ''}`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(ran.log, /^pypi: the image holds no mirror configuration/m)
    t.same(ran.differences, differences)
  })
}

t.test('without pip, without Python, nothing of the element is left', async (t) => {
  const remove = 'rm -rf /usr/lib/python3 /usr/bin/pip* /usr/bin/python3*'
  const ran = await runPhases(scratchFolder(t), { environment, inChroot: remove })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.same(
    ran.differences.filter((line) => !/^\/usr\//.test(line)),
    [],
  )
})

t.test('a hook that leaves our configuration in the image fails the build', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    // As if dib had copied the image with our file still mounted.
    finalise: `cp $TMP_HOOKS_PATH/pypi/folder-0/pip.conf $ROOT${conf}`,
  })
  t.equal(ran.status, 1)
  t.match(
    ran.log,
    /^pypi: error: the image is not clean: \/root\/\.pip\/pip\.conf in the image holds this build's configuration/m,
  )
  t.notMatch(ran.log, /secret/)
})

t.test("a hook that writes what the image's own file says already changes nothing", async (t) => {
  const own = '[global]\\ntimeout = 7\\n'
  const ran = await runPhases(scratchFolder(t), {
    environment,
    prepare: `mkdir -p $ROOT/root/.pip $ROOT/srv; printf '${own}' >$ROOT${conf}; printf '${own}' >$ROOT/srv/own
printf '[easy_install]\\n' >$ROOT/root/.pydistutils.cfg`,
    inChroot: `cp /srv/own ${conf}; tee ${conf} </srv/own; printf '[easy_install]\\n' >/root/.pydistutils.cfg`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.same(ran.differences, [])
})

t.test("a file that another hook writes with a mirror's password stays out of the image", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    inChroot: `echo 'asked https://user:secret@elsewhere.example/' >/root/.pip/pip.log
mkdir /root/.config/uv/sub; cp /root/.config/uv/uv.toml /root/.config/uv/sub/copy
cp ${conf} ${conf}.orig`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  for (const path of ['/root/.pip/pip.log', '/root/.config/uv/sub'])
    t.ok(ran.log.includes(`pypi: warning: left ${path} out of the image: another hook wrote a credential`), path)
  t.notMatch(ran.log, /secret/)
  t.same(ran.differences, [])
})

t.test('what is written through a dangling link goes where it leads', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    prepare: 'mkdir $ROOT/srv/there; ln -s /srv/there/cfg $ROOT/root/.pydistutils.cfg',
    inChroot: "printf '[easy_install]\nzip_ok = 0\n' >/root/.pydistutils.cfg",
    keep: ['/srv/there/cfg', '/root/.pydistutils.cfg'],
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.equal(ran.kept('/srv/there/cfg'), '[easy_install]\nzip_ok = 0\n')
  t.equal(ran.keptEntry('/root/.pydistutils.cfg'), 'link to /srv/there/cfg')
})

t.test(
  'an index that another element sets while the build runs is named in a warning, without its password',
  async (t) => {
    const ran = await runPhases(scratchFolder(t), {
      environment,
      prepare: `mkdir -p $ROOT/root/.pip; printf '[global]\\nfind-links = /srv\\n' >$ROOT${conf}`,
      inChroot: `
printf '[global]\\nindex-url = http://me:hidden@127.0.0.1:1/late\\n[install]\\nextra-index-url = http://127.0.0.1:1/asked\\n' >/etc/pip.conf
python3 -m pip install --break-system-packages nothing-at-all --retries 0 2>&1 || true
python3 -m pip config set global.extra-index-url http://127.0.0.1:1/further
printf 'find-links = ["/srv"]\\n' >>/root/.config/uv/uv.toml`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    const said = ran.log.match(/^pypi: warning: another element set .*?(?=: (?:to have it|the image has) )/gm) ?? []
    const there = ', so installers asked there too from then on'
    t.same([...said].sort(), [
      `pypi: warning: another element set /srv in /root/.config/uv/uv.toml${there}`,
      `pypi: warning: another element set http://127.0.0.1:1/asked in /etc/pip.conf${there}`,
      'pypi: warning: another element set http://127.0.0.1:1/further in /root/.config/pip/pip.conf, [global]',
      'pypi: warning: another element set http://me:****@127.0.0.1:1/late in /etc/pip.conf, [global]',
    ])
    t.match(
      ran.log,
      /^Looking in indexes: https:\/\/user:\*{4}@mirror\.example\/simple, http:\/\/127\.0\.0\.1:1\/asked$/m,
    )
    t.notMatch(ran.log, /hidden/)
  },
)
