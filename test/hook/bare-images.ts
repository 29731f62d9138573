import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const muslRoot = await fixtures.muslRoot()

t.test('an image needs no Python, no Node.js and no mount for the element to work', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    environment: { DIB_OFFLINE: '1' },
    prepare: 'rm -r $ROOT/usr/bin/python3* $ROOT/usr/lib/python3* $ROOT/bin/mount $ROOT/bin/umount',
    inChroot: 'for name in python3 node mount umount; do ! command -v $name; done; cat /root/.pip/pip.conf',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
  t.same(ran.differences, [])
})

t.test(
  "what would reach into Node.js or the loader is kept from the hooks, and other elements' variables are not",
  async (t) => {
    const scratch = scratchFolder(t)
    const ran = await runPhases(scratch, {
      environment: {
        DIB_OFFLINE: '1',
        NODE_OPTIONS: '--require=/nowhere.js',
        NODE_V8_COVERAGE: '/root/coverage',
        NODE_EXTRA_CA_CERTS: '/nowhere.pem',
        OPENSSL_CONF: '/nowhere.cnf',
        A_VALUE_OF_LINES: 'one\nNODE_OPTIONS=two\nexport PATH=three\nUID=4\nEND\n',
      },
      inChroot: 'echo "kept: $NODE_V8_COVERAGE"',
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(ran.log, /^kept: \/root\/coverage$/m)
    t.same(ran.differences, [])
  },
)

t.test('the element works in an image whose libc is musl, with no more than busybox', async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    root: muslRoot,
    environment: { DIB_OFFLINE: '1', DIB_DEBUG_TRACE: '1' },
    inChroot: 'ls /lib/ld-musl-*; ! ls /lib*/ld-linux*; cat /root/.pip/pip.conf',
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
  t.same(ran.differences, [])
})
