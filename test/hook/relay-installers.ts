import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { needsRoot } from '../support/builds/root.js'
import { runProgram } from '../support/builds/run.js'
import { serveFolder } from '../support/relay/serve-folder.js'
import { at, inFolder, openTestRelay } from '../support/relay/test-relay.js'
import { makeSdists, makeWheels } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

// The fixtures are made for root alone.
needsRoot(t)
const layer = await fixtures.installerLayer()
const installers = await fixtures.installers()
const oldRoot = await fixtures.oldRoot()
const pips = await fixtures.unpackedPips()

const release = (wheel: string): number => Number(/^pip-(\d+\.\d+)/.exec(wheel)?.[1])

/** Its name, and what installs with it, in bash. */
type Installer = readonly [name: string, commands: string]

const makePackages = (folder: string): void => {
  makeWheels(folder, [
    { name: 'demo-app', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib>=2'] },
    { name: 'demo-lib', version: '2.1', text: 'token = 1' },
  ])
  makeSdists(folder, [
    { name: 'setup-helper', version: '3.0', text: 'import setup_lib', requirements: ['setup-lib>=4'] },
    { name: 'setup-lib', version: '4.1', text: 'token = 1' },
  ])
}

/** What installs demo-app and demo-lib into $at from $index, by their names. */
const onThisPython: readonly Installer[] = [
  ...readdirSync(pips)
    .filter((wheel) => release(wheel) >= 26 || release(wheel) === 22.3)
    .map(
      (wheel) =>
        [
          wheel,
          `PYTHONPATH=${join(pips, wheel)} /usr/bin/python3 -m pip install --index-url $index --no-cache-dir --target $at demo-app`,
        ] as const,
    ),
  ...['uv-old', 'uv-new'].map(
    (uv) =>
      [
        uv,
        `${join(installers, uv, 'uv')} venv -q --python /usr/bin/python3 $at/venv
VIRTUAL_ENV=$at/venv ${join(installers, uv, 'uv')} pip install --no-cache --index-url $index demo-app`,
      ] as const,
  ),
]

/** The same in a root of an older release, whose /srv holds pips and setuptools. */
const onOldPython: readonly Installer[] = [
  ...readdirSync(pips)
    .filter((wheel) => [1.5, 9.0, 20.3].includes(release(wheel)))
    .map((wheel) => [wheel, installByOldPip(wheel)] as const),
  [
    'easy_install of 2016',
    `cd $at && printf 'from setuptools import setup\\nsetup(name="x", version="1", setup_requires=["setup-helper"])\\n' >setup.py
printf '[easy_install]\\nindex_url = %s\\n' $index >setup.cfg
PYTHONPATH=/srv/installers/setuptools-old python2.7 setup.py --version
ls .eggs | grep setup_lib`,
  ],
]

function installByOldPip(wheel: string): string {
  const pip = `PYTHONPATH=/srv/pips/${wheel}:/srv/installers/setuptools-old python2.7 -m pip`
  // 1.5.6 takes wheels only where setuptools is installed, so it unpacks an sdist, which it need not build.
  return release(wheel) < 2
    ? `${pip} install --index-url $index --no-deps --download $at setup-lib && ls $at | grep setup_lib`
    : `${pip} install --index-url $index --no-cache-dir --target $at demo-app`
}

const script = (all: readonly Installer[], index: string): string =>
  all
    .map(
      ([name, commands]) => `echo "== ${name}"
( set -e; at=$(mktemp -d); index=${index}/; ${commands}; cd /; rm -rf $at; echo succeeded ) 2>&1 || true`,
    )
    .join('\n')

const checkAll = (t: Test, log: string, all: readonly Installer[], when: string): void => {
  for (const [name] of all) {
    const said = (log.split(`== ${name}\n`)[1] ?? '').split('\n== ')[0] ?? ''
    t.ok(said.trim().endsWith('succeeded'), `${name}, ${when}`, { said })
  }
}

t.test(
  'the oldest and the newest pips, easy_install and uv fill a folder, and install from it when the index is away',
  async (t) => {
    const scratch = scratchFolder(t)
    const [source, folder] = [join(scratch, 'source'), join(scratch, 'mirror')]
    makePackages(source)
    mkdirSync(folder)
    const upstream = await serveFolder(t, source)
    const env = cleanEnvironment({ HOME: scratch, PIP_DISABLE_PIP_VERSION_CHECK: '1' })
    const inOldRoot = (index: string, old: readonly Installer[]): string => `set -e
unshare -m --propagation private bash -e <<'END'
mkdir -p ${scratch}/upper ${scratch}/work ${scratch}/root
mount -t tmpfs tmpfs ${scratch}/work
mkdir ${scratch}/work/upper ${scratch}/work/work
mount -t overlay overlay -o lowerdir=${layer}:${oldRoot},upperdir=${scratch}/work/upper,workdir=${scratch}/work/work ${scratch}/root
cat >${scratch}/root/srv/run <<'SCRIPT'
${script(old, index)}
SCRIPT
chroot ${scratch}/root bash /srv/run
END`
    const runAll = async (index: string): Promise<string> => {
      const [ownRun, oldRun] = await Promise.all(
        [script(onThisPython, index), inOldRoot(index, onOldPython)].map((text) =>
          runProgram('bash', ['-c', text], { env }),
        ),
      )
      return `${ownRun?.log}\n${oldRun?.log}`
    }
    const relay = await openTestRelay(t, [at(upstream.url)], { fill: folder })
    checkAll(t, await runAll(relay.index()), [...onThisPython, ...onOldPython], 'online')
    await relay.end()
    await upstream.stop()
    t.notMatch(relay.log(), 'warning')
    const kept = readdirSync(folder).filter((name) => !/^SHA256SUMS$|\.metadata$|\.jsonl$/.test(name))
    t.same(kept.sort(), readdirSync(source).sort())
    for (const name of kept) t.ok(readFileSync(join(folder, name)).equals(readFileSync(join(source, name))), name)

    const offline = await openTestRelay(t, [inFolder(folder)])
    checkAll(t, await runAll(offline.index()), [...onThisPython, ...onOldPython], 'from the folder')
  },
)
