import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { pathWithoutNode } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { officialNode } from '../support/setup/fixtures.js'

needsRoot(t)

for (const version of [18, 20, 22, 24]) {
  t.test(
    `the hooks run on Node.js ${version} as its own project builds it, named in DIB_PYPI_NODE, with none on PATH`,
    async (t) => {
      const scratch = scratchFolder(t)
      const DIB_PYPI_NODE = await officialNode(version)
      t.ok(existsSync(DIB_PYPI_NODE))
      const ran = await runPhases(scratch, {
        environment: { DIB_OFFLINE: '1', DIB_PYPI_NODE, PATH: pathWithoutNode(join(scratch, 'bin')) },
        inChroot: 'cat /root/.pip/pip.conf',
      })
      t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
      t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
      t.match(ran.log, /^pypi: the image holds no mirror configuration/m)
      t.same(ran.differences, [])
    },
  )
}
