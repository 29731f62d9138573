import { randomUUID } from 'node:crypto'
import { copyFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { localMirror, scratchFolder } from '../support/builds/build-image.js'
import { checkInstallers, type Installer, packagesThatSay, runInstallers } from '../support/builds/installers.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeSdists, makeWheels, sortIntoMirror } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const oldRoot = await fixtures.oldRoot()
const pips = await fixtures.pips()
const smallRoot = await fixtures.smallRoot()

/** What of the mirror's packages is printed, so that it can have come from there alone. */
const token = randomUUID()

/** A package with a dependency, as wheels, and another pair as sdists: setuptools of 2016 knows no wheels. */
const fillMirror = (mirror: string): void => {
  makeWheels(mirror, packagesThatSay(token))
  makeSdists(mirror, [
    { name: 'setup-helper', version: '3.0', text: 'import setup_lib', requirements: ['setup-lib>=4'] },
    { name: 'setup-lib', version: '4.1', text: `token = "${token}"` },
  ])
  // pipx fetches a pip for its environments.
  for (const pip of readdirSync(pips).filter((name) => name.startsWith('pip-26'))) {
    copyFileSync(join(pips, pip), join(mirror, pip))
  }
  sortIntoMirror(mirror)
}

const bySetuptools = (name: string, python: string, wanted: readonly string[]): Installer => [
  `setup_requires by ${name}`,
  // Without pip's own file, which today's setuptools asks by way of pip.
  `cd $at
printf 'from setuptools import setup\\nsetup(name="x", version="1", setup_requires=["${wanted.join('", "')}"])\\n' >setup.py
PIP_CONFIG_FILE=/dev/null PYTHONPATH=/srv/installers/${name} ${python} setup.py --version
PYTHONPATH=$(echo $at/.eggs/*.egg | tr ' ' :) ${python} -c 'import setup_helper, setup_lib; print(setup_lib.token)'`,
]

const byUv = (name: string): readonly Installer[] => [
  [
    `${name} pip install, in an environment of uv venv`,
    `/srv/installers/${name}/uv venv --python python3 $at/venv
VIRTUAL_ENV=$at/venv /srv/installers/${name}/uv pip install --no-cache demo-app
$at/venv/bin/demo-app`,
  ],
  [
    `${name} pip install --system`,
    `/srv/installers/${name}/uv pip install --no-cache --system --break-system-packages demo-app
python3 -c 'import demo_app; demo_app.main()'
/srv/installers/${name}/uv pip uninstall --system --break-system-packages demo-app demo-lib`,
  ],
]

const byUvTool = (name: string): Installer => [
  `${name} tool install`,
  `export UV_TOOL_DIR=$at/tools XDG_BIN_HOME=$at/bin
/srv/installers/${name}/uv tool install --no-cache demo-app
$at/bin/demo-app`,
]

const byPipx = (name: string, path: string): Installer => [
  name,
  `export PIPX_HOME=$at/home PIPX_BIN_DIR=$at/bin PATH=${path}
PYTHONPATH=/srv/installers/pipx python3 -m pipx install demo-app
$at/bin/demo-app`,
]

const ensurepips: Installer = [
  "ensurepip's pip in a fresh venv",
  `python3 -m venv $at/venv
$at/venv/bin/pip install --no-cache-dir demo-app
$at/venv/bin/demo-app`,
]

/** Runs installers in an image, from an offline mirror. */
const runAll = async (t: Test, root: string, all: readonly Installer[]): Promise<void> => {
  const scratch = scratchFolder(t)
  fillMirror(localMirror(scratch))
  const ran = await runPhases(scratch, {
    root,
    environment: { DIB_OFFLINE: '1' },
    withInstallers: true,
    inChroot: runInstallers(all),
    compare: false,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  checkInstallers(t, ran.log, all, token)
  t.notMatch(ran.log, /^pypi: warning: /m)
}

t.test("on Python 3, pipx, today's setuptools, uv and a fresh environment's pip install from the mirror", (t) =>
  runAll(t, smallRoot, [
    ensurepips,
    // Since 82 it fetches what is named alone, not what that requires.
    bySetuptools('setuptools-new', 'python3', ['setup-helper', 'setup-lib']),
    byPipx('pipx', '$PATH'),
    ...byUv('uv-old'),
    ...byUv('uv-new'),
    // The old one's is an experiment, and fails at names with a dash.
    byUvTool('uv-new'),
    byPipx('pipx with uv', '/srv/installers/uv-new:$PATH'),
  ]),
)

t.test('on Python 2.7, setuptools of 2016 installs from the mirror', (t) =>
  runAll(t, oldRoot, [bySetuptools('setuptools-old', 'python2.7', ['setup-helper'])]),
)
