import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { localMirror, ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { runPhases } from '../support/builds/run-phases.js'
import { makeSdists, makeWheels } from '../support/servers/mirror.js'
import { runPypiMirror } from '../support/servers/pypi-mirror.js'
import { recipeSettings } from '../support/servers/recipes.js'
import * as fixtures from '../support/setup/fixtures.js'

needsRoot(t)
const oldRoot = await fixtures.oldRoot()
const pips = await fixtures.pips()
const smallRoot = await fixtures.smallRoot()

const release = (wheel: string): number => Number(/^pip-(\d+\.\d+)/.exec(wheel)?.[1])
const wheelsOfPip = readdirSync(pips).filter((name) => name.endsWith('.whl'))

/** The tests' Pythons, with the oldest pip and the newest; pips.ts runs each that is between them. */
const pythons = [
  { python: 'python2.7', root: oldRoot, isFor: (wheel: string) => release(wheel) === 1.5 },
  { python: 'python3', root: smallRoot, isFor: (wheel: string) => release(wheel) >= 26 },
]
const uvs = ['uv-old', 'uv-new']

/** bash, in the chroot, that has each pip download a package and says what it got. */
const ask = (wheels: readonly string[], python: string, project: string): string =>
  wheels
    .map(
      (wheel) =>
        `echo "== ${wheel}"; PYTHONPATH=/srv/pips/${wheel} ${python} -m pip install -vvv --no-deps --target /tmp/x/${wheel} ${project} 2>&1 || true`,
    )
    .join('\n')

for (const { python, root, isFor } of pythons) {
  t.test(`a tree by openstack's pypi-mirror serves pips on ${python}, and uv`, async (t) => {
    const scratch = scratchFolder(t)
    const packages = [
      { name: 'Demo.App', version: '1.0', text: 'x = 1' },
      { name: 'demo_lib', version: '2.1', text: 'x = 2' },
    ]
    makeSdists(join(scratch, 'sdists'), packages)
    makeWheels(join(scratch, 'wheels'), packages)
    await runPypiMirror(scratch, localMirror(scratch), join(scratch, 'sdists'), join(scratch, 'wheels'), 'Debian 12')
    const chosen = wheelsOfPip.filter(isFor)
    const byUv = python === 'python3' ? uvs : []
    const ran = await runPhases(scratch, {
      root,
      environment: {
        ...recipeSettings('pypi-mirror'),
        DIB_OFFLINE: '1',
      },
      withInstallers: true,
      inChroot: `${ask(chosen, python, 'demo-app')}
${byUv.map((uv) => `echo "== ${uv}"; /srv/installers/${uv}/uv --no-cache pip install --verbose --python /usr/bin/python3 --target /tmp/x/${uv} demo-app demo-lib 2>&1 || true`).join('\n')}
head -n 50 /tmp/pypi-index/*/demo-app/index.html
rm -rf /tmp/x`,
    })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
    const said = ownLines(ran.log)
    t.ok(said.includes('the build uses index file:///tmp/pypi-index/1, then file:///tmp/pypi-index/2'))
    t.match(
      said.find((line) => line.includes('/Debian-12 is ')),
      /a tree with projects' names as written \(Demo[.-]App\); it is read-only at \/tmp\/pypi\/Debian-12 in the image, with its index at file:\/\/\/tmp\/pypi-index\/\d$/,
    )
    t.match(ran.log, /Demo.App-1\.0\.tar\.gz#md5=[0-9a-f]{32}"/i, 'with the hashes of its pages')
    for (const wheel of chosen) {
      const own = ran.log.split(`== ${wheel}\n`)[1]?.split('\n== ')[0] ?? ''
      t.match(own, /\/tmp\/pypi\/Debian-12\/Demo.App\/Demo\S*1\.0\S*\.whl/i, `${wheel} finds the wheel`)
      t.match(own, /\/tmp\/pypi\/Demo\S*\/Demo\S*1\.0\.tar\.gz/i, `${wheel} finds the sdist`)
    }
    for (const uv of byUv) {
      const own = ran.log.split(`== ${uv}\n`)[1]?.split('\n== ')[0] ?? ''
      t.match(own, /demo-app==1\.0/, `${uv} installs it`, { log: own.slice(-2000) })
    }
    t.same(ran.differences, [])
    t.same(ran.mounted, [])
  })
}

t.test('what lies beside wheels is used: hashes and metadata', async (t) => {
  const scratch = scratchFolder(t)
  const mirror = localMirror(scratch)
  makeWheels(mirror, [
    { name: 'demo-app', version: '1.0', text: 'x = 1' },
    { name: 'demo-app', version: '2.0', text: 'x = 2' },
    { name: 'wrong', version: '1.0', text: 'x = 1' },
  ])
  const wheelOf = (start: string): string => readdirSync(mirror).find((name) => name.startsWith(start)) ?? ''
  const [first, second, wrong] = [wheelOf('demo_app-1.0'), wheelOf('demo_app-2.0'), wheelOf('wrong')]
  // pip 26.3 compares it with the wheel's own.
  const read =
    'import sys, zipfile; z = zipfile.ZipFile(sys.argv[1]); print(z.read(next(n for n in z.namelist() if n.endswith("/METADATA"))).decode(), end="")'
  const own = execFileSync('python3', ['-c', read, join(mirror, first)], { encoding: 'utf8' })
  writeFileSync(join(mirror, `${first}.metadata`), own)
  // The newer version says that it is for a Python that is not there.
  const other = own.replace('Version: 1.0', 'Version: 2.0').replace(/^Name:/m, 'Requires-Python: >=9\nName:')
  writeFileSync(join(mirror, `${second}.metadata`), other)
  execFileSync('sh', ['-c', 'sha256sum -- * >SHA256SUMS'], { cwd: mirror })
  writeFileSync(join(mirror, wrong), 'other bytes')
  execFileSync('mkfifo', [join(mirror, 'fifo-1.tar.gz')])
  // pip reads metadata beside a wheel since 22.3, and compares it with the wheel's since 26.3.
  const chosen = wheelsOfPip.filter((wheel) => release(wheel) >= 26 || release(wheel) === 22.3)
  const ran = await runPhases(scratch, {
    environment: { DIB_OFFLINE: '1' },
    withInstallers: true,
    inChroot: `${ask(chosen, 'python3', 'demo-app')}
${uvs.map((uv) => `echo "== ${uv}"; /srv/installers/${uv}/uv --no-cache pip install --python /usr/bin/python3 --target /tmp/x/${uv} demo-app 2>&1 || true`).join('\n')}
echo "== wrong"; python3 -m pip install --no-deps --no-cache-dir --target /tmp/x/wrong wrong 2>&1 || true
echo "== the end"
rm -rf /tmp/x`,
  })
  t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log.slice(-3000) })
  const part = (name: string): string => ran.log.split(`== ${name}\n`)[1]?.split('\n== ')[0] ?? ''
  for (const wheel of chosen) {
    t.match(part(wheel), /Successfully installed demo.app-1\.0/i, `${wheel} takes what is for its Python`, {
      log: part(wheel).slice(-1500),
    })
  }
  for (const uv of uvs) t.match(part(uv), /demo-app==1\.0/, `${uv} as well`, { log: part(uv) })
  t.match(part('wrong'), /DO NOT MATCH THE HASHES/i, 'pip refuses a file that is not what SHA256SUMS says')
  t.match(ownLines(ran.log).join('\n'), /warning: \S+fifo-1\.tar\.gz is not a regular file and is left out/)
  t.same(ran.mounted, [])
})

t.test('wheels for another Python than the image has are named, and the Pythons', async (t) => {
  const scratch = scratchFolder(t)
  mkdirSync(localMirror(scratch), { recursive: true })
  writeFileSync(join(localMirror(scratch), 'demo_app-1.0-cp26-cp26m-linux_x86_64.whl'), '')
  const ran = await runPhases(scratch, { environment: { DIB_OFFLINE: '1' } })
  t.equal(ran.status, 0)
  t.match(
    ownLines(ran.log).join('\n'),
    /^warning: \/tmp\/pypi: the image has Python 3\.\d+, and no file of demo-app is for it for CPython 2\.6 on x86-64: fill /m,
  )
})

t.test('an image with a file where a folder is needed is refused in one line', async (t) => {
  const cases: Readonly<Record<string, string>> = {
    '/tmp/pypi': 'touch $ROOT/tmp/pypi',
    '/root': 'rm -rf $ROOT/root; touch $ROOT/root',
  }
  for (const [path, prepare] of Object.entries(cases)) {
    const scratch = scratchFolder(t)
    mkdirSync(localMirror(scratch), { recursive: true })
    const ran = await runPhases(scratch, { environment: { DIB_OFFLINE: '1' }, prepare, compare: false })
    t.not(ran.status, 0)
    t.same(
      ownLines(ran.log).filter((line) => line.startsWith('error: ')),
      [`error: ${path} in the image is not a folder, as the element needs it: remove it in root.d`],
      path,
    )
    t.same(ran.mountedOutside, [])
  }
})
