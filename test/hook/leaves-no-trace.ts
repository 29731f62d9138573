import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { attributesOfOwnFiles, makeOwnFiles } from '../support/builds/own-files.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()

/** Images in which pip's files are in every state, as bash that makes them. */
const images: Readonly<Record<string, string>> = {
  'with no file of pip': '',
  "with all of pip's and uv's files, in odd modes, owners, times and attributes": makeOwnFiles('$ROOT'),
  'with an immutable file, in an immutable folder': `
mkdir $ROOT/root/.pip
printf '[global]\\nproxy = p\\n' >$ROOT/root/.pip/pip.conf
chattr +i $ROOT/root/.pip/pip.conf $ROOT/root/.pip`,
  'with an immutable folder without a file': 'mkdir $ROOT/root/.pip; chattr +i $ROOT/root/.pip',
  'with times before 1970': `
mkdir -p $ROOT/root/.pip $ROOT/etc/xdg
touch -d '1960-01-02 03:04:05.000000006' $ROOT/root $ROOT/etc
touch -d '1969-12-31 23:59:59' $ROOT/root/.pip $ROOT/etc/xdg`,
  'with dangling links': `
mkdir -p $ROOT/root/.config/uv $ROOT/srv/there $ROOT/etc/xdg
ln -s /srv/there/cfg $ROOT/root/.pydistutils.cfg
ln -s ../srv/missing/.pip $ROOT/root/.pip
ln -s /srv/there/uv.toml $ROOT/root/.config/uv/uv.toml
ln -s /srv/missing/xdg $ROOT/etc/xdg/pip`,
  'with the folders, but no files, at times of nanoseconds': `
mkdir -p $ROOT/root/.pip $ROOT/root/.config/pip
touch -d '1999-12-31 23:59:59.000000001' $ROOT/root/.pip $ROOT/root`,
  'with an empty file': 'mkdir $ROOT/root/.pip; touch $ROOT/root/.pip/pip.conf',
  'with links inside the image': `
mkdir -p $ROOT/srv/pip $ROOT/srv/home
printf '[global]\\ntimeout = 5\\n' >$ROOT/srv/pip/pip.conf
ln -s /srv/pip $ROOT/root/.pip
ln -s ../srv/home/cfg $ROOT/root/.pydistutils.cfg
touch $ROOT/srv/home/cfg`,
  'with one file under two names': `
mkdir -p $ROOT/root/.pip $ROOT/root/.config/pip
printf '[global]\\ntimeout = 5\\n' >$ROOT/root/.pip/pip.conf
ln -s ../../.pip/pip.conf $ROOT/root/.config/pip/pip.conf`,
  'whose root has no home': 'rm -r $ROOT/root',
}

for (const [name, prepare] of Object.entries(images)) {
  t.test(`an image ${name} is the same after the build`, async (t) => {
    const ran = await runPhases(scratchFolder(t), {
      prepare,
      environment: {
        DIB_PYPI_RELAY: 'never',
        DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple',
        DIB_OFFLINE: '1',
      },
      inChroot: 'python3 -m pip --no-cache-dir config get global.index-url; cat /root/.pydistutils.cfg',
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(ran.log, /^https:\/\/user:secret@mirror.example\/simple$/m, "the image's own pip reads the mirror")
    t.match(ran.log, /^index_url = https:\/\/user:secret@mirror.example\/simple$/m)
    t.same(ran.differences, [], 'type, mode, owner, time, attributes, flags and content of every entry')
    if (!prepare.includes('setxattr')) return
    const [, attributes = ''] = /^attributes: (.*)$/m.exec(ran.log) ?? []
    t.same(
      attributesOfOwnFiles.filter((name) => !attributes.split(' ').includes(name)),
      [],
      'there are attributes to compare',
    )
  })
}

t.test('an image of busybox and a libc alone is the same after the build', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    root: muslRoot,
    environment: { DIB_OFFLINE: '1' },
    inChroot: 'cat /root/.pip/pip.conf /root/.config/uv/uv.toml',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
  t.same(ran.differences, [])
})

t.test("another hook's change to a folder keeps the time of that change", async (t) => {
  const scratch = scratchFolder(t)
  const ran = await runPhases(scratch, {
    inChroot: 'touch /root/made-by-a-hook; touch -d @1234567890.5 /root',
  })
  t.equal(ran.status, 0)
  t.same(ran.differences, ['/root: time', '/root/made-by-a-hook: only in the second'])
  t.match(ran.log, /removed \/root\/\.pydistutils\.cfg, .*, \/root\/\.pip$/m)
})
