import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { standardBuild } from '../support/builds/standard-build.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const arm64RootTarball = await fixtures.arm64RootTarball()
const oldRoot = await fixtures.oldRoot()

/** The C library's version, as its loader says it. */
const sayVersion = "ldd --version | sed -n '1s/.* /C library /p'"

t.test("the element works in an image whose C library is older than the host's", async (t) => {
  const ran = await runPhases(scratchFolder(t), {
    root: oldRoot,
    environment: { DIB_OFFLINE: '1' },
    inChroot: `cat /root/.pip/pip.conf\n${sayVersion}`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
  t.match(ran.log, /^index-url = file:\/\/\/tmp\/pypi$/m)
  t.same(ran.differences, [])
  const [, inImage = ''] = /^C library (\S+)$/m.exec(ran.log) ?? []
  const onHost = execFileSync('sh', ['-c', sayVersion], { encoding: 'utf8' }).trim().replace('C library ', '')
  t.ok(Number(inImage.replace('2.', '')) < Number(onHost.replace('2.', '')), `${inImage} is older than ${onHost}`)
})

const withBinfmt = join(project, 'test', 'support', 'builds', 'run-with-binfmt.sh')
const tried = spawnSync(withBinfmt, ['true'], { encoding: 'utf8' })

t.test(
  'the element works in an arm64 image',
  { skip: tried.status === 77 ? tried.stderr.trim() : false },
  async (t) => {
    const built = await standardBuild(t, scratchFolder(t), {
      root: arm64RootTarball,
      options: ['-a', 'arm64'],
      runBy: [withBinfmt],
      hooks: { 'install.d/60-say-machine': '#!/bin/bash\necho "machine: $(uname -m)"\n' },
    })
    t.match(built.log, /^machine: aarch64$/m)
  },
)
