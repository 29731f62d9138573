import { cpSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { ownLines, scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { type RanPhases, runPhases } from '../support/builds/run-phases.js'
import { makeSdists, makeWheels, type SamplePackage, sortIntoMirror } from '../support/servers/mirror.js'
import { runAsPerson, runBandersnatch } from '../support/servers/mirror-makers.js'
import { readRecipes, recipe } from '../support/servers/recipes.js'

needsRoot(t)

const packages: readonly SamplePackage[] = [
  { name: 'Demo.App', version: '1.0', text: 'import demo_lib', requirements: ['demo-lib>=2'] },
  { name: 'demo-lib', version: '2.1', text: 'print("demo-lib is here")' },
]

/** What all tests copy or read: the packages' wheels, and an index of them. */
const shared = scratchFolder(t)
const wheels = join(shared, 'wheels')
const index = join(shared, 'index')
makeWheels(wheels, packages)
cpSync(wheels, index, { recursive: true })
sortIntoMirror(index)

let mirrored: Promise<void> | undefined
/** bandersnatch's folder, made once. */
const bandersnatch = async (t: Test): Promise<string> => {
  const folder = join(shared, 'bandersnatch')
  mirrored ??= runBandersnatch(t, join(shared, 'home'), folder, wheels, ['demo-app', 'demo-lib'])
  await mirrored
  return folder
}
const copy = (from: string, to: string): void => cpSync(from, to, { recursive: true, verbatimSymlinks: true })

/** A folder as users' own tools fill it, and how it should be used. */
interface Layout {
  readonly name: string
  /** Fills the mirror. */
  readonly fill: (t: Test, places: Places) => Promise<void>
  readonly url: string
  readonly recognisedAs: RegExp
  /** Whether a setting names the local mirror. */
  readonly named?: boolean
}

/** Folders of a test. */
interface Places {
  /** The user's home. */
  readonly home: string
  /** The mirror, in its cache folder there. */
  readonly mirror: string
}

/** What the page of recipes says, with the test's packages. */
const byRecipe =
  (heading: string, changes: Readonly<Record<string, string>> = {}): Layout['fill'] =>
  (t, { home }) =>
    runAsPerson(t, home, recipe(heading, { 'requests flask': 'demo-app', ...changes }), index)

const byDir2pi =
  (options: string): Layout['fill'] =>
  (t, { home, mirror }) => {
    copy(wheels, mirror)
    return runAsPerson(t, home, recipe('dir2pi', { 'bin/dir2pi': `bin/dir2pi ${options}` }))
  }

const inSimple = { url: 'file:///tmp/pypi/simple', recognisedAs: /a PEP 503 index in simple\b/ }
const flat = { url: 'file:///tmp/pypi-index', recognisedAs: /a flat folder of 2 files\b/ }

const layouts: readonly Layout[] = [
  {
    name: 'a PEP 503 tree at the top',
    fill: async (_t, { mirror }) => copy(index, mirror),
    url: 'file:///tmp/pypi',
    recognisedAs: /a PEP 503 index(?! in)/,
  },
  { name: 'dir2pi, with its links', fill: byDir2pi(''), ...inSimple },
  { name: 'dir2pi -S, without links', fill: byDir2pi('-S'), ...inSimple },
  { name: 'pip2pi, with its links', fill: byRecipe('pip2pi'), ...inSimple },
  {
    name: 'pip2pi -S, without links',
    fill: byRecipe('pip2pi', { 'bin/pip2pi': 'bin/pip2pi -S' }),
    ...inSimple,
    named: true,
  },
  { name: 'dumb-pypi', fill: byRecipe('dumb-pypi'), ...inSimple },
  {
    name: "bandersnatch's own folder",
    fill: async (t, { mirror }) => copy(await bandersnatch(t), mirror),
    url: 'file:///tmp/pypi/web/simple',
    recognisedAs: /a PEP 503 index in web\/simple\b/,
    named: true,
  },
  {
    name: "bandersnatch's web/",
    fill: async (t, { mirror }) => copy(join(await bandersnatch(t), 'web'), mirror),
    ...inSimple,
  },
  {
    name: 'a flat folder by pip download, one of its files an sdist',
    fill: async (t, { home, mirror }) => {
      await runAsPerson(t, home, recipe('pip download', { 'requests flask': '--no-deps demo-app' }), index)
      makeSdists(mirror, packages.slice(1))
    },
    ...flat,
  },
  { name: 'a flat folder by pip wheel', fill: byRecipe('pip wheel'), ...flat, named: true },
]

const placesIn = (scratch: string): Places => {
  const home = join(scratch, 'home')
  const mirror = join(home, '.cache', 'image-create', 'pypi', 'mirror')
  mkdirSync(join(mirror, '..'), { recursive: true })
  return { home, mirror }
}

const environment = ({ home }: Places, named = false): Record<string, string> => ({
  DIB_IMAGE_CACHE: join(home, '.cache', 'image-create'),
  DIB_OFFLINE: '1',
  ...(named ? { DIB_PYPI_MIRROR_URL_7: 'file:///tmp/pypi' } : {}),
})

/** The line of the hook that mounts the mirror, and its warnings. */
const linesOfMounting = (ran: RanPhases): readonly string[] => {
  const lines = ownLines(ran.log)
  return lines.slice(
    0,
    lines.findIndex((line) => line.startsWith('mounted over ')),
  )
}

for (const { name, fill, url, recognisedAs, named } of layouts) {
  t.test(`a build installs from ${name}`, async (t) => {
    const scratch = scratchFolder(t)
    const places = placesIn(scratch)
    await fill(t, places)
    const ran = await runPhases(scratch, {
      environment: environment(places, named),
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
    const [said = ''] = recognisedAs.exec(line) ?? []
    const page = readRecipes().replace(/\s+/g, ' ')
    t.ok(page.includes(said.replace(/of \d+ files/, 'of N files')), 'as the page of recipes has it')
    t.ok(linesOfMounting(ran).includes(`the build uses index ${url}`), 'and which index is used')
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
    const places = placesIn(scratch)
    mkdirSync(places.mirror)
    fill(places.mirror)
    const ran = await runPhases(scratch, { environment: environment(places) })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    const warning = linesOfMounting(ran).find((line) => line.startsWith('warning: ')) ?? ''
    t.ok(warning.includes(places.mirror), 'it names the folder')
    for (const place of ['simple', 'web/simple', 'wheels'])
      t.match(warning, place, `it says that ${place} is looked for`)
    t.same(ran.differences, [])
  })
}

for (const { name, fill, warning } of [
  {
    name: "dir2pi's simple/, without the files that it links",
    fill: async (t: Test, { home, mirror }: Places) => {
      const apart = join(home, 'apart')
      copy(wheels, apart)
      await runAsPerson(t, home, recipe('dir2pi', { '~/.cache/image-create/pypi/mirror': apart }))
      renameSync(join(apart, 'simple'), mirror)
    },
    warning:
      / is a symbolic link to a file outside the mirror, which the image cannot see: replace the link with the file/,
  },
  {
    name: "bandersnatch's simple/, without its packages",
    fill: async (t: Test, { mirror }: Places) => copy(join(await bandersnatch(t), 'web', 'simple'), mirror),
    warning: / links to file:\/\/\/tmp\/packages\/.*, which is outside the mirror/,
  },
]) {
  t.test(`${name}, is warned of`, async (t) => {
    const scratch = scratchFolder(t)
    const places = placesIn(scratch)
    await fill(t, places)
    const ran = await runPhases(scratch, { environment: environment(places) })
    t.equal(ran.status, 0, 'the hooks succeed', { log: ran.log })
    t.match(
      linesOfMounting(ran).find((line) => line.startsWith('warning: ')),
      warning,
    )
  })
}
