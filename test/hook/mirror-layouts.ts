import { mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { localMirror, ownLines, scratchFolder } from '../support/build-image.js'
import { makeMirror, makeSdists, makeWheels, type SamplePackage } from '../support/mirror.js'
import { runBandersnatch, runDumbPypi, runMirrorProgram } from '../support/mirror-makers.js'
import { needsRoot } from '../support/root.js'
import { type RanPhases, runPhases } from '../support/run-phases.js'

needsRoot(t)

const packages: readonly SamplePackage[] = [
  { name: 'Demo.App', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib>=2'] },
  { name: 'demo-lib', version: '2.1', text: 'print("demo-lib is here")' },
]

/** A folder as people's own tools fill it, and what is to be made of it. */
interface Layout {
  readonly name: string
  /** Fills the mirror; upstream is another index, a PEP 503 tree. */
  readonly fill: (t: Test, mirror: string, upstream: string) => Promise<void>
  readonly url: string
  readonly recognisedAs: RegExp
  /** A setting that names the local mirror. */
  readonly named?: boolean
}

const pip2pi =
  (...options: readonly string[]): Layout['fill'] =>
  (t, mirror, upstream) =>
    runMirrorProgram(t, 'pip2pi', [mirror, ...options, '--index-url', `file://${upstream}`, 'demo-app'])

const dir2pi =
  (...options: readonly string[]): Layout['fill'] =>
  (t, mirror) => {
    makeWheels(mirror, packages)
    return runMirrorProgram(t, 'dir2pi', [...options, mirror])
  }

const inSimple = { url: 'file:///tmp/pypi/simple', recognisedAs: /a PEP 503 index in simple\b/ }
const flat = { url: 'file:///tmp/pypi-index', recognisedAs: /a flat folder of 2 files\b/ }

const layouts: readonly Layout[] = [
  {
    name: 'a PEP 503 tree at the top',
    fill: async (_t, mirror) => makeMirror(mirror, packages),
    url: 'file:///tmp/pypi',
    recognisedAs: /a PEP 503 index(?! in)/,
  },
  { name: 'dir2pi, with its links', fill: dir2pi(), ...inSimple },
  { name: 'dir2pi -S, without links', fill: dir2pi('-S'), ...inSimple },
  { name: 'pip2pi, with its links', fill: pip2pi(), ...inSimple },
  { name: 'pip2pi -S, without links', fill: pip2pi('-S'), ...inSimple, named: true },
  {
    name: 'dumb-pypi',
    fill: (t, mirror) => {
      makeWheels(mirror, packages)
      return runDumbPypi(t, mirror)
    },
    ...inSimple,
  },
  {
    name: "bandersnatch's own folder",
    fill: async (t, mirror) => {
      makeWheels(`${mirror}-wheels`, packages)
      await runBandersnatch(t, mirror, `${mirror}-wheels`, ['demo-app', 'demo-lib'])
    },
    url: 'file:///tmp/pypi/web/simple',
    recognisedAs: /a PEP 503 index in web\/simple\b/,
    named: true,
  },
  {
    name: "bandersnatch's web/",
    fill: async (t, mirror) => {
      makeWheels(`${mirror}-wheels`, packages)
      await runBandersnatch(t, `${mirror}-all`, `${mirror}-wheels`, ['demo-app', 'demo-lib'])
      renameSync(join(`${mirror}-all`, 'web'), mirror)
    },
    ...inSimple,
  },
  {
    name: 'a flat folder by pip download -d, one of its files an sdist',
    fill: async (t, mirror, upstream) => {
      await runMirrorProgram(t, 'pip', [
        'download',
        '-d',
        mirror,
        '--index-url',
        `file://${upstream}`,
        '--no-deps',
        'demo-app',
      ])
      makeSdists(mirror, packages.slice(1))
    },
    ...flat,
  },
  {
    name: 'a flat folder by pip wheel -w',
    fill: (t, mirror, upstream) =>
      runMirrorProgram(t, 'pip', ['wheel', '-w', mirror, '--index-url', `file://${upstream}`, 'demo-app']),
    ...flat,
    named: true,
  },
]

const environment = (named = false): Record<string, string> => ({
  DIB_OFFLINE: '1',
  ...(named ? { DIB_PYPI_MIRROR_URL_7: 'file:///tmp/pypi' } : {}),
})

/** The line of the hook that mounts the mirror, and its warnings. */
const linesOfMounting = (ran: RanPhases): readonly string[] => {
  const lines = ownLines(ran.log)
  return lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('laid ')),
  )
}

for (const { name, fill, url, recognisedAs, named } of layouts) {
  t.test(name, async (t) => {
    const scratch = scratchFolder(t)
    const mirror = localMirror(scratch)
    mkdirSync(join(mirror, '..'), { recursive: true })
    makeMirror(join(scratch, 'upstream'), packages)
    await fill(t, mirror, join(scratch, 'upstream'))
    const ran = await runPhases(scratch, {
      environment: environment(named),
      // An sdist's build wants setuptools, which the image has.
      inChroot: `cat /root/.pip/pip.conf /root/.pydistutils.cfg
python3 -m pip install --no-color --no-cache-dir --no-build-isolation --target /tmp/demo demo-app
PYTHONPATH=/tmp/demo python3 -c 'import demo_app'
rm -rf /tmp/demo`,
    })
    t.equal(ran.status, 0, 'the hooks succeed, and so does the installation', { log: ran.log.slice(-3000) })
    t.match(ran.log, /^demo-lib is here$/m, 'the package and its dependency are installed')
    t.ok(ran.log.split('\n').includes(`index-url = ${url}`), `pip is told ${url}`)
    t.ok(ran.log.split('\n').includes(`index_url = ${url}`), 'and so is easy_install')
    const [line = ''] = linesOfMounting(ran)
    t.match(line, recognisedAs, 'the log says what was recognised')
    t.ok(line.endsWith(`index ${url}`), line)
    t.notMatch(ran.log, /^pypi: warning: /m, 'there is nothing to warn of')
    t.same(ran.differences, [])
    t.same(ran.mounted, [])
  })
}

for (const [name, fill] of [
  ['an empty folder', () => {}],
  [
    'a folder of other things',
    (mirror: string) => {
      mkdirSync(join(mirror, 'notes', 'old'), { recursive: true })
      writeFileSync(join(mirror, 'notes', 'old', 'README.txt'), 'x')
      writeFileSync(join(mirror, 'photo.jpg'), 'x')
    },
  ],
] as const) {
  t.test(`${name} is warned of`, async (t) => {
    const scratch = scratchFolder(t)
    mkdirSync(localMirror(scratch), { recursive: true })
    fill(localMirror(scratch))
    const ran = await runPhases(scratch, { environment: environment() })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    const [warning = ''] = linesOfMounting(ran)
    t.match(warning, /^warning: /)
    t.ok(warning.includes(localMirror(scratch)), 'it names the folder')
    for (const place of ['simple', 'web/simple', 'wheels'])
      t.match(warning, place, `it says that ${place} is looked for`)
    t.same(ran.differences, [])
  })
}
