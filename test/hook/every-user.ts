import { randomUUID } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { localMirror, scratchFolder } from '../support/builds/build-image.js'
import {
  checkInstallers,
  type Installer,
  packagesThatSay,
  releases,
  runInstallers,
  wheelInImage,
} from '../support/builds/installers.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeMirror } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)

/** How somebody who is not root in /root comes to install in a build, as bash that runs $command. */
const ways: Readonly<Record<string, string>> = {
  'su app -c': 'su app -c "$command"',
  'su - app': 'su - app -c "$command"',
  'sudo -H -u stack': 'sudo -H -u stack sh -c "$command"',
  'HOME=/other': 'HOME=/other sh -c "$command"',
  root: 'sh -c "$command"',
}

/** What the package prints of what it requires, so that it can have come from the mirror alone. */
const useIt = (python: string): string => `PYTHONPATH=$at ${python} -c 'import demo_app; demo_app.main()'`

/** sh, in which $at is a folder that whoever runs it made. */
const inFolder = (commands: string): string => `set -e; at=$(mktemp -d); ${commands}; rm -r $at`

const pip = (release: string, python: string, isolated: boolean): string =>
  inFolder(
    `PYTHONPATH=${wheelInImage(release)}:/srv/installers/setuptools-old ${python} -m pip ${isolated ? '--isolated ' : ''}install --target $at demo-app; ${useIt(python)}`,
  )

const uv = (name: string): string =>
  inFolder(
    `/srv/installers/${name}/uv pip install --python /usr/bin/python3 --target $at demo-app; ${useIt('python3')}`,
  )

/** What is run in one way. It is handed on as it is: the shell of that user expands it. */
const inOneWay = (way: string, name: string, command: string): Installer => [
  `${way}: ${name}`,
  `command='${command.replaceAll("'", "'\\''")}'; ${ways[way]}`,
]

/** The images, each with a Python, the oldest and the newest pip for it, and the uvs that know a system-wide file. */
const images = [
  // 1.5.6 knows root's own file alone.
  {
    python: 'python2.7',
    root: await fixtures.oldRoot(),
    kind: /-py2\.py3-none-any\.whl$/,
    starts: ['9.0', '20.3'],
    uvs: [],
  },
  {
    python: 'python3',
    root: await fixtures.smallRoot(),
    kind: /-py3-none-any\.whl$/,
    starts: ['21.3', '26'],
    uvs: ['uv-system-wide', 'uv-new'],
  },
] as const

for (const { python, root, kind, starts, uvs } of images) {
  const pips = (await releases(kind)).filter((release) => starts.some((start) => release.startsWith(`${start}.`)))
  t.equal(pips.length, 2, `pip ${starts.join(' and ')} are there for ${python}`)

  const run = async (t: Test, all: readonly Installer[], more: { prepare?: string; before?: string } = {}) => {
    const scratch = scratchFolder(t)
    const token = randomUUID()
    makeMirror(localMirror(scratch), packagesThatSay(token))
    // As sudo hands it on from a login of a hardened host; what the test makes itself is as ever.
    writeFileSync(join(scratch, 'umask.sh'), 'umask 077\n')
    const ran = await runPhases(scratch, {
      root,
      environment: { DIB_OFFLINE: '1', BASH_ENV: join(scratch, 'umask.sh') },
      withInstallers: true,
      prepare: `umask 022; chmod 0755 $ROOT
${more.prepare ?? ''}`,
      inChroot: `umask
umask 022
useradd --create-home app
useradd --create-home stack
mkdir -p /other
${more.before ?? ''}
${runInstallers(all)}`,
      finalise:
        "find $ROOT -path '*/.cache/pip*' -o -path '*/.cache/uv*' -o -name '*pypi-cache*' | sed 's/^/a cache: /'",
      compare: false,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    checkInstallers(t, ran.log, all, token)
    t.match(ran.log, /^0077$/m, 'with umask 077 on the host')
    t.notMatch(ran.log, /^pypi: warning: /m)
    t.same(ran.log.match(/^a cache: .*/gm) ?? [], [], 'no cache of an installer is in the image')
    return ran.log
  }

  t.test(
    `every user of an image has the mirror, by pips on ${python}, and uv, with umask 077 on the host`,
    async (t) => {
      const all = Object.keys(ways).flatMap((way) => [
        // Each pip with --isolated, and all that are between these two, are in pips.ts.
        ...pips.map((release) => {
          const isNewest = release.startsWith(starts[1])
          return inOneWay(way, `pip ${release}${isNewest ? ' --isolated' : ''}`, pip(release, python, isNewest))
        }),
        ...uvs.map((name) => inOneWay(way, name, uv(name))),
      ])
      await run(t, all)
    },
  )

  t.test(`root has the mirror on ${python} where an element's environment.d exports another HOME`, async (t) => {
    const all = [
      ...pips.map((release) => inOneWay('root', `pip ${release}`, pip(release, python, false))),
      ...(uvs.length > 0 ? ['uv-old', ...uvs] : []).map((name) => inOneWay('root', name, uv(name))),
    ]
    const home = 'export HOME=/srv/home'
    await run(t, all, {
      prepare: `mkdir $ROOT/srv/home; echo '${home}' >$ROOT/../hooks/environment.d/50-home`,
      // As dib-run-parts gives it to other elements' hooks.
      before: home,
    })
  })
}
