import { readdirSync } from 'node:fs'
import t from 'tap'
import { localMirror, scratchFolder } from '../support/builds/build-image.js'
import { unpackPips } from '../support/builds/installers.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeMirror } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const oldRoot = await fixtures.oldRoot()
const pips = await fixtures.pips()
const smallRoot = await fixtures.smallRoot()

/** The number of a wheel of pip's. */
const release = (wheel: string): number => Number(/^pip-(\d+\.\d+)/.exec(wheel)?.[1])

/** The Pythons of the tests' roots, and the pips that run on each. */
const pythons = [
  { python: 'python2.7', root: oldRoot, isFor: (wheel: string) => release(wheel) < 21 },
  { python: 'python3', root: smallRoot, isFor: (wheel: string) => release(wheel) >= 21 },
]

const wheels = readdirSync(pips).filter((name) => name.endsWith('.whl'))
t.ok(
  wheels.some((wheel) => release(wheel) < 2) && wheels.some((wheel) => release(wheel) >= 26),
  'from 1.5 to the newest',
)

for (const { python, root, isFor } of pythons) {
  t.test(`pips on ${python} read what is written, root's and, with --isolated, another user's`, async (t) => {
    const scratch = scratchFolder(t)
    makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1.0', text: 'x = 1' }])
    const chosen = wheels.filter(isFor)
    // Each says in its own way which links it found; an installation would need setuptools, which is not there.
    const ask = chosen.map(
      (wheel) =>
        `echo "== ${wheel}"; PYTHONPATH=/srv/pips/${wheel} ${python} -m pip install -vvv --no-deps --target /tmp/x demo-app || true`,
    )
    // 1.5.6 knows root's own file alone.
    const forUsers = chosen.filter((wheel) => release(wheel) > 2)
    const askAsUser = forUsers.map(
      (wheel) =>
        `echo "== user's ${wheel}"; PYTHONPATH=/srv/pips/${wheel} chroot --userspec=4321:4321 / env HOME=/nowhere ${python} -m pip --isolated install -vvv --no-deps --target /tmp/y demo-app || true`,
    )
    const ran = await runPhases(scratch, {
      root,
      environment: {
        DIB_PYPI_RELAY: 'never',
        DIB_PYPI_MIRROR_URL: 'http://user:p%40ss=w;x@127.0.0.1:1/simple',
        DIB_PYPI_MIRROR_URL_1: 'file:///tmp/pypi',
        // The first is not there, and is to be asked all the same.
        DIB_PYPI_UNREACHABLE: 'keep',
        DIB_PIP_RETRIES: '0',
        DIB_OFFLINE: '1',
      },
      prepare: await unpackPips(chosen),
      inChroot: `${[...ask, ...askAsUser].join('\n')}\nrm -rf /tmp/x /tmp/y`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    for (const wheel of [...chosen, ...forUsers.map((name) => `user's ${name}`)]) {
      const [, log = ''] = ran.log.split(`== ${wheel}\n`)
      const own = log.split('\n== ')[0] ?? ''
      t.match(own, /127\.0\.0\.1:1\/simple\/demo-app\//, `${wheel} asks the first mirror`)
      t.match(
        own,
        /\/tmp\/pypi\/demo-app\/demo_app-1\.0-py2\.py3-none-any\.whl/,
        `${wheel} finds the package in the second`,
      )
    }
  })
}
