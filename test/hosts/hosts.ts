import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const ownHost = await fixtures.ownHost()

/** Images in which the folder of the distribution's Node.js is in different states. */
const images: Readonly<Record<string, string>> = {
  'that has none of its folders': 'touch -d "2001-02-03 04:05:06.123456789" $ROOT/usr/share',
  'without /usr/share': 'rm -r $ROOT/usr/share',
  'that has them, with files of its own':
    'mkdir -p $ROOT/usr/share/nodejs/acorn; echo own >$ROOT/usr/share/nodejs/acorn/own.js',
  // As Fedora's /usr/lib/node_modules.
  'where it is a link to a folder': 'mkdir $ROOT/usr/lib/nodejs_22; ln -s ../lib/nodejs_22 $ROOT/usr/share/nodejs',
  'where it is a link to nothing': 'ln -s /usr/lib/nodejs_22 $ROOT/usr/share/nodejs',
}

for (const [name, prepare] of Object.entries(images)) {
  t.test(`the distribution's own Node.js runs in an image ${name}, and leaves nothing there`, async (t) => {
    const ran = await runPhases(scratchFolder(t), {
      environment: { DIB_OFFLINE: '1', HOST_USR: join(ownHost, 'usr'), DIB_PYPI_NODE: '/usr/bin/node' },
      prepare: `echo "builtins outside: $(/usr/bin/node -p 'process.config.target_defaults.defines.join()' | grep -c SHARED_BUILTIN)"
${prepare}`,
      inChroot: '[ ! -e /usr/share/nodejs ] || ls -R /usr/share/nodejs; cat /root/.pip/pip.conf',
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(ran.log, /^builtins outside: 1$/m, "it is the distribution's, and not this machine's other one")
    t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
    t.notMatch(ran.log, /acorn\.js/, 'its files are out of the image before other hooks run')
    t.same(ran.differences, [])
  })
}

t.test("another hook's own /usr/share/nodejs, such as the package nodejs brings, stays", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment: { DIB_OFFLINE: '1', HOST_USR: join(ownHost, 'usr'), DIB_PYPI_NODE: '/usr/bin/node' },
    inChroot: 'mkdir /usr/share/nodejs; echo own >/usr/share/nodejs/own.js; touch -d @1234567890 /usr/share',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.same(ran.differences, [
    '/usr/share: time',
    '/usr/share/nodejs: only in the second',
    '/usr/share/nodejs/own.js: only in the second',
  ])
})

t.test("a Node.js with Red Hat's OpenSSL 1.1 runs in the image on a host in FIPS mode", async (t) => {
  const { node, sys } = await fixtures.fipsNode()
  const ran = await runPhases(scratchFolder(t), {
    environment: { DIB_OFFLINE: '1', DIB_PYPI_NODE: node, PROC_SYS: sys },
    // Without the checksums it aborts on the host already.
    prepare: `mkdir $ROOT/../bare; cp ${node} ${node.replace(/node$/, 'lib')}* $ROOT/../bare
! $ROOT/../bare/node --version
rm -r $ROOT/../bare
${node} -p '"in FIPS mode: " + fs.readFileSync("/proc/sys/crypto/fips_enabled")'`,
    inChroot: 'cat /root/.pip/pip.conf',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^in FIPS mode: 1$/m)
  t.match(ran.log, /FATAL FIPS SELFTEST FAILURE/, 'it checks itself')
  t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
  t.same(ran.differences, [])
})
