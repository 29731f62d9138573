import { execFileSync } from 'node:child_process'
import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { lookForTraces } from '../demo/look-for-traces.js'
import { pipIndex, waysToIndexes } from '../demo/own-sources.js'
import {
  type Build,
  type BuiltImage,
  buildImage,
  localMirror,
  scratchFolder,
  succeeded,
} from '../support/builds/build-image.js'
import { needsPackageIndex } from '../support/builds/package-index.js'
import { needsRoot } from '../support/builds/root.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const agentElements = await fixtures.agentElements()
await needsPackageIndex(t)

const element = 'ironic-python-agent-ramdisk-base'

/** A release that is not the newest, so that the element's constraints are seen to be heeded. */
const constraint = 'tenacity===9.0.0'

/**
 * The element as its project publishes it, without what needs more than a small root: its list of the distribution's packages,
 * its git repositories, and the hooks that tell systemd.
 */
const cutElement = (folder: string): void => {
  const target = join(folder, element)
  cpSync(join(agentElements, 'elements', element), target, { recursive: true })
  for (const name of readdirSync(target)) {
    if (/^(?:package-installs\.yaml|pkg-map|svc-map|source-repository-.*|post-install\.d)$/.test(name))
      rmSync(join(target, name), { recursive: true })
  }
  writeFileSync(join(target, 'element-deps'), 'install-types\n')
}

/** What the element's git repositories would bring: the agent's sources, and OpenStack's upper constraints. */
const bringSources = `#!/bin/bash
set -eu
sudo cp -r ${join(agentElements, 'agent')} $TMP_MOUNT_PATH/tmp/ironic-python-agent
sudo mkdir $TMP_MOUNT_PATH/tmp/requirements
echo '${constraint}' | sudo tee $TMP_MOUNT_PATH/tmp/requirements/upper-constraints.txt
`

const listInstalled = `#!/bin/bash
set -euo pipefail
cd /opt/ironic-python-agent/bin
./pip check
./pip list --format freeze | sed 's/^/installed: /'
ironic-python-agent --help | sed 's/^/agent: /'
`

const buildOf = (elementsPath: string): Build => ({
  elements: [element],
  elementsPath: [elementsPath],
  hooks: { 'extra-data.d/50-bring-sources': bringSources, 'install.d/90-list-installed': listInstalled },
  environment: { DIB_INIT_SYSTEM: 'systemd', DIB_RELEASE: 'any', DIB_PYPI_FILL_MIRROR: '1' },
})

const installed = (build: BuiltImage): readonly string[] =>
  [...build.log.matchAll(/^installed: (\S+)$/gm)].map(([, what = '']) => what)

t.test(
  "ironic-python-agent-builder's element fills the mirror, from which it is built without a network",
  async (t) => {
    const scratch = scratchFolder(t)
    const elementsPath = join(scratch, 'elements')
    cutElement(elementsPath)
    const build = buildOf(elementsPath)
    const mirror = localMirror(scratch)

    const online = await buildImage(scratch, {
      ...build,
      environment: { ...build.environment, ...waysToIndexes(), ...pipIndex() },
    })
    succeeded(t, online)
    t.notMatch(online.log, /^pypi: warning: /m, 'online without a warning')
    const files = readdirSync(mirror)
    const [, count] = /^pypi: kept (\d+) new files, \d+ MB, in /m.exec(online.log) ?? []
    t.equal(Number(count), files.filter((name) => /\.(?:whl|tar\.gz|zip)$/.test(name)).length, 'each file is counted')

    // With no interface but a loopback that is down.
    const offline = await buildImage(scratch, { ...build, options: ['--offline'], runBy: ['unshare', '--net'] })
    succeeded(t, offline)
    t.match(offline.log, /^pypi: the build uses index file:\/\/\/tmp\/pypi-index$/m)
    t.notMatch(offline.log, /^pypi: warning: /m)
    t.same(readdirSync(mirror), files, 'the mirror is as it was')

    t.same(installed(offline), installed(online), 'the same releases of the same packages are installed')
    t.ok(installed(online).includes(constraint.replace('===', '==')), 'the constraints are heeded')
    t.ok(installed(online).length > 20, 'the agent came with what it requires', { installed: installed(online) })
    t.match(offline.log, /^agent: usage: /m, 'it runs')
    const summed = readFileSync(join(mirror, 'SHA256SUMS'), 'utf8').matchAll(/^[0-9a-f]{64} [ *](.*)$/gm)
    t.same(
      [...summed].map(([, name]) => name).sort(),
      files.filter((name) => !/^SHA256SUMS$|\.jsonl$/.test(name)).sort(),
    )
    execFileSync('sha256sum', ['--check', '--quiet', '--strict', 'SHA256SUMS'], { cwd: mirror })
    t.same(lookForTraces(online.image), [])
    t.same(lookForTraces(offline.image), [])
  },
)
