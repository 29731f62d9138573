import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { pathWith } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { watchHost } from '../support/observation/harm.js'
import { muslRoot } from '../support/setup/fixtures.js'

needsRoot(t)

t.test(
  'the mirror is read-only at its mount target from the first instant: it is made so before it is moved there',
  async (t) => {
    const scratch = scratchFolder(t)
    const host = watchHost(scratch)
    // Without it mount(8) binds and does no more.
    const sudo = `
if [ "$1" = mount ]; then
    for table; do :; done
    sed -i '/\\/tmp\\/pypi none/s/,ro,/,/' "$table"
    grep '/tmp/pypi none' "$table" >'${join(scratch, 'line')}'
fi
exec "$@"`
    const ran = await runPhases(scratch, {
      root: await muslRoot(),
      environment: { DIB_OFFLINE: '1', DIB_DEBUG_TRACE: '1', PATH: pathWith(join(scratch, 'bin'), 'sudo', sudo) },
      inChroot: '! touch /tmp/pypi/new; grep /tmp/pypi /proc/mounts',
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(
      readFileSync(join(scratch, 'line'), 'utf8'),
      / none bind,private,X-mount\.mkdir 0 0\n$/,
      'it was not asked for',
    )
    t.match(ran.log, /^\S+ \/tmp\/pypi \S+ ro,/m)
    t.same(host.harm(), [], 'the mirror and the host are as they were')
  },
)
