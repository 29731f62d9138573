import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { watchHost } from '../support/observation/harm.js'
import { muslRoot, ownHost, trixieHost } from '../support/setup/fixtures.js'

needsRoot(t)

const watcher = join(project, 'test', 'support', 'observation', 'watch_mounts.py')

for (const [name, HOST_USR] of Object.entries({ 'this machine': await ownHost(), 'Debian 13': await trixieHost() })) {
  const skip = existsSync(HOST_USR) ? false : 'made on Debian alone'
  t.test(`with the mount(8) of ${name}, a namespace beside the build's sees it read-only`, { skip }, async (t) => {
    const scratch = scratchFolder(t)
    const host = watchHost(scratch)
    const seen = join(scratch, 'seen')
    const ran = await runPhases(scratch, {
      root: await muslRoot(),
      environment: { DIB_OFFLINE: '1', HOST_USR: join(HOST_USR, 'usr') },
      prepare: `
mount --version
mount --make-rshared /
unshare -m --propagation slave python3 '${watcher}' '${scratch}' /tmp/pypi '${seen}' >/dev/null 2>&1 &
echo $! >'${scratch}/watcher'`,
      finalise: `kill "$(cat '${scratch}/watcher')"`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(readFileSync(seen, 'utf8'), /^ro \S+\/mnt\/tmp\/pypi\n$/, 'mounted there, and never writable')
    t.same(ran.differences, [])
    t.same(host.harm(), [], 'the mirror and the host are as they were')
    t.comment(/^mount from .*$/m.exec(ran.log)?.[0])
  })
}
