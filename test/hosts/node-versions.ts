import { existsSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { pathWithoutNode } from '../support/builds/path.js'
import { needsRoot } from '../support/builds/root.js'
import { standardBuild } from '../support/builds/standard-build.js'
import { officialNode } from '../support/setup/fixtures.js'

needsRoot(t)

for (const version of [18, 20, 22, 24]) {
  t.test(
    `a build runs on Node.js ${version} as its own project builds it, named in DIB_PYPI_NODE, with none on PATH`,
    async (t) => {
      const scratch = scratchFolder(t)
      const DIB_PYPI_NODE = await officialNode(version)
      t.ok(existsSync(DIB_PYPI_NODE))
      await standardBuild(t, scratch, { environment: { DIB_PYPI_NODE, PATH: pathWithoutNode(join(scratch, 'bin')) } })
    },
  )
}
