import { randomUUID } from 'node:crypto'
import t from 'tap'
import {
  buildImage,
  localMirror,
  namesInTarball,
  ownLines,
  scratchFolder,
  succeeded,
} from '../support/builds/build-image.js'
import {
  bringInstallers,
  checkInstallers,
  type Installer,
  packagesThatSay,
  releases,
  runInstallers,
  wheelInImage,
} from '../support/builds/installers.js'
import { needsRoot } from '../support/builds/root.js'
import { makeMirror } from '../support/servers/mirror.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const oldRootTarball = await fixtures.oldRootTarball()
const smallRootTarball = await fixtures.smallRootTarball()

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

/** The images, each with a Python, the pips that run on it, and the oldest and the newest uv that know a system-wide file. */
const images = [
  {
    python: 'python2.7',
    root: oldRootTarball,
    // 1.5.6 knows root's own file alone.
    pips: (await releases(/-py2\.py3-none-any\.whl$/)).filter((release) => release !== '1.5.6'),
    wheels: '*-py2.py3-none-any.whl',
    uvs: [],
    oldest: '9.0',
    newest: '20.3',
  },
  {
    python: 'python3',
    root: smallRootTarball,
    pips: await releases(/-py3-none-any\.whl$/),
    wheels: '*-py3-none-any.whl',
    uvs: ['uv-system-wide', 'uv-new'],
    oldest: '21.3',
    newest: '26',
  },
] as const

for (const { python, root, pips, wheels, uvs, oldest, newest } of images) {
  for (const start of [oldest, newest]) {
    t.ok(
      pips.some((release) => release.startsWith(start)),
      `pip ${start} is among those for ${python}`,
    )
  }

  const build = async (scratch: string, all: readonly Installer[], hooks: Readonly<Record<string, string>>) => {
    const token = randomUUID()
    makeMirror(localMirror(scratch), packagesThatSay(token))
    const built = await buildImage(scratch, {
      root,
      options: ['--offline'],
      hooks: {
        'root.d/60-bring-installers': `#!/bin/bash\nset -eu\nset -- $TARGET_ROOT\n${await bringInstallers(wheels)}\n`,
        'install.d/50-install': `#!/bin/bash
set -eu
useradd --create-home app
useradd --create-home stack
mkdir -p /other
${runInstallers(all)}
rm -rf /srv/pips /srv/installers
`,
        ...hooks,
      },
    })
    succeeded(t, built)
    checkInstallers(t, built.log, all, token)
    t.same(
      ownLines(built.log).filter((line) => line.startsWith('warning: ')),
      [],
    )
    t.same(
      namesInTarball(built.image).filter((name) => /\/\.cache\/(?:pip|uv)|pypi-cache/.test(name)),
      [],
      'no cache of an installer is in the image',
    )
    return built.log
  }

  t.test(`every user of an image has the mirror, by each pip on ${python}, and uv`, async (t) => {
    const all = Object.keys(ways).flatMap((way) => [
      ...pips.map((release) => inOneWay(way, `pip ${release}`, pip(release, python, false))),
      ...pips.map((release) => inOneWay(way, `pip ${release} --isolated`, pip(release, python, true))),
      ...uvs.map((name) => inOneWay(way, name, uv(name))),
    ])
    await build(scratchFolder(t), all, {})
  })

  t.test(`so has root on ${python} where an element's environment.d exports another HOME`, async (t) => {
    const all = [
      ...pips.map((release) => inOneWay('root', `pip ${release}`, pip(release, python, false))),
      ...(uvs.length > 0 ? ['uv-old', ...uvs] : []).map((name) => inOneWay('root', name, uv(name))),
    ]
    const log = await build(scratchFolder(t), all, {
      'root.d/70-make-home': '#!/bin/bash\nsudo mkdir "$TARGET_ROOT/srv/home"\n',
      'environment.d/50-home': 'export HOME=/srv/home\n',
      'install.d/60-say-home': '#!/bin/bash\necho "home: $HOME"\n',
    })
    t.match(log, /^home: \/srv\/home$/m)
  })
}
