import t from 'tap'
import { scratchFolder } from '../support/build-image.js'
import { needsRoot } from '../support/root.js'
import { runPhases } from '../support/run-phases.js'

needsRoot(t)

const environment = { DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple', DIB_OFFLINE: '1' }
const conf = '/root/.pip/pip.conf'

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
    t.match(ran.log, /^pypi: what another hook wrote into ours is now in the image's own \/root\/\.pip\/pip\.conf$/m)
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
  const newer = '/root/.config/pip/pip.conf'
  const ran = await runPhases(scratchFolder(t), {
    environment,
    inChroot: 'python3 -m pip config set global.timeout 60',
    keep: [newer],
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.equal(ran.kept(newer)?.trim(), '[global]\ntimeout = 60')
  t.notOk(ran.differences.some((line) => line.startsWith('/root/.pip')))
})

t.test('what cannot work fails loudly at that place', async (t) => {
  const ran = await runPhases(scratchFolder(t), { environment, inChroot: `sed -i s/secret/open/ ${conf}` })
  t.not(ran.status, 0)
  t.match(ran.log, /^sed: cannot rename \S+: Device or resource busy$/m)
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

t.test('what a hook removes stays away', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    finalise: 'rm -r $ROOT/root/.pip $ROOT/root/.pydistutils.cfg',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.same(ran.differences, ['/root: time'], 'the removal is the last change to the folder')
})

t.test('a hook that leaves our configuration in the image fails the build', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment,
    // As if dib had copied the image with our file still mounted.
    finalise: `cp $TMP_HOOKS_PATH/pypi/pip.conf $ROOT${conf}`,
  })
  t.equal(ran.status, 1)
  t.match(
    ran.log,
    /^pypi: error: the image is not clean: \/root\/\.pip\/pip\.conf in the image holds this build's configuration/m,
  )
  t.notMatch(ran.log, /secret/)
})
