import t from 'tap'
import { scratchFolder } from '../support/build-image.js'
import { needsRoot } from '../support/root.js'
import { runPhases } from '../support/run-phases.js'

needsRoot(t)

/** Images in which pip's files are in every state, as bash that makes them. */
const images: Readonly<Record<string, string>> = {
  'with no file of pip': '',
  "with all of pip's files, in odd modes, owners, times and attributes": `
mkdir -p $ROOT/root/.pip $ROOT/root/.config/pip
printf '[global]\\nindex-url = http://127.0.0.1:1/own\\n' >$ROOT/root/.pip/pip.conf
printf 'the original element moved this' >$ROOT/root/.pip/pip.conf.orig
printf '[easy_install]\\nindex_url = http://127.0.0.1:1/own\\n' >$ROOT/root/.pydistutils.cfg
printf '[global]\\nextra-index-url = http://127.0.0.1:1/newer\\n' >$ROOT/root/.config/pip/pip.conf
chmod 0604 $ROOT/root/.pip/pip.conf
chown 12:34 $ROOT/root/.pip/pip.conf $ROOT/root/.config
python3 -c 'import os, sys; os.setxattr(sys.argv[1], "trusted.test", b"value")' $ROOT/root/.pydistutils.cfg
touch -d '2001-02-03 04:05:06.123456789' $ROOT/root/.pip/pip.conf $ROOT/root/.pydistutils.cfg
touch -d '2002-02-03 04:05:06.987654321' $ROOT/root/.pip $ROOT/root/.config/pip $ROOT/root`,
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
      environment: { DIB_PYPI_MIRROR_URL: 'https://user:secret@mirror.example/simple', DIB_OFFLINE: '1' },
      inChroot: 'python3 -m pip config get global.index-url; cat /root/.pydistutils.cfg',
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(ran.log, /^https:\/\/user:secret@mirror.example\/simple$/m, "the image's own pip reads the mirror")
    t.match(ran.log, /^index_url = https:\/\/user:secret@mirror.example\/simple$/m)
    t.same(ran.differences, [], 'type, mode, owner, time, attributes and content of every entry')
  })
}

t.test("another hook's change to a folder keeps the time of that change", async (t) => {
  const scratch = scratchFolder(t)
  const ran = await runPhases(scratch, {
    inChroot: 'touch /root/made-by-a-hook; touch -d @1234567890.5 /root',
  })
  t.equal(ran.status, 0)
  t.same(ran.differences, ['/root: time', '/root/made-by-a-hook: only in the second'])
  t.match(ran.log, /removed \/root\/\.pip\/pip\.conf, \/root\/\.pydistutils\.cfg, .*, \/root\/\.pip$/m)
})
