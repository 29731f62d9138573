import { randomUUID } from 'node:crypto'
import t from 'tap'
import { localMirror, scratchFolder } from '../support/builds/build-image.js'
import {
  checkInstallers,
  type Installer,
  packagesThatSay,
  releases,
  runInstallers,
  saidBy,
  wheelInImage,
} from '../support/builds/installers.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeMirror } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)

/** The Pythons of the tests' roots, the wheels of the pips that run on each, and which these are at least. */
const pythons = [
  {
    python: 'python2.7',
    root: await fixtures.oldRoot(),
    kind: '-py2.py3-none-any.whl',
    atLeast: ['1.5', '9.0', '10.0', '18.1', '19.0', '19.3', '20.3'],
  },
  {
    python: 'python3',
    root: await fixtures.smallRoot(),
    kind: '-py3-none-any.whl',
    atLeast: ['21.3', '22.3', '23.3', '24.0', '25.0', '25.2', '25.3', '26'],
  },
] as const

/** Has a pip install, as root or as a user who has no home, and use what it installed. */
const install = (release: string, python: string, isUser: boolean): Installer => {
  // It asks for setuptools, as pips of its age do; 1.5.6 takes no wheel without one that is installed.
  const path = `PYTHONPATH=${wheelInImage(release)}:/srv/installers/setuptools-old`
  const as = isUser ? 'chroot --userspec=4321:4321 / env HOME=/nowhere' : 'env'
  return [
    `${isUser ? "a user's" : "root's"} pip ${release}`,
    `chmod 0777 $at
${as} ${path} ${python} -m pip ${isUser ? '--isolated ' : ''}install -vvv ${release === '1.5.6' ? '' : '--no-cache-dir '}--target $at demo-app${release === '1.5.6' ? ' || true' : ''}
${release === '1.5.6' ? '' : `PYTHONPATH=$at ${python} -c 'import demo_app; demo_app.main()'`}`,
  ]
}

for (const { python, root, kind, atLeast } of pythons) {
  t.test(
    `each pip on ${python} installs from the mirrors, as root and, with --isolated, as another user`,
    async (t) => {
      const scratch = scratchFolder(t)
      const token = randomUUID()
      makeMirror(localMirror(scratch), packagesThatSay(token))
      const pips = await releases(new RegExp(`\\d${kind.replaceAll('.', '\\.')}$`))
      t.same(
        atLeast.filter((start) => !pips.some((release) => `${release}.`.startsWith(`${start}.`))),
        [],
        'from the oldest to the newest',
      )
      // 1.5.6 knows root's own file alone, and does not install here: which links it found is in its log.
      const [old, others] = [pips.filter((one) => one === '1.5.6'), pips.filter((one) => one !== '1.5.6')]
      const installing = others.flatMap((one) => [install(one, python, false), install(one, python, true)])
      const all = [...old.map((one) => install(one, python, false)), ...installing]
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
        withInstallers: true,
        inChroot: runInstallers(all),
        compare: false,
      })
      t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
      checkInstallers(t, ran.log, installing, token)
      for (const [name] of all) {
        const said = saidBy(ran.log, name)
        t.match(said, /127\.0\.0\.1:1\/simple\/demo-app\//, `${name} asks the first mirror`)
        t.match(said, /\/tmp\/pypi\/demo-app\/demo_app-1\.0-py2\.py3-none-any\.whl/, `${name} finds it in the second`)
      }
    },
  )
}
