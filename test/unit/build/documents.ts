import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'
import { officialIndex } from '../../../element-src/lib/settings/index-list.js'
import { parseMirrorsFile } from '../../../element-src/lib/settings/mirrors-file/read-mirrors-file.js'
import { sectionSchema } from '../../../element-src/lib/settings/mirrors-file/section-schema.js'
import { userVariables } from '../../../element-src/lib/settings/variables.js'
import { plotOf } from '../../bench/bars.js'

const read = (path: string): string => readFileSync(join(project, path), 'utf8')

/** The variables that the settings know, and the two families of mirrors. */
const variables = [...Object.keys(userVariables.shape), 'DIB_PYPI_MIRROR_URL', 'PYPI_MIRROR_URL'].sort()

/** The variables in the first column of the table below a heading. */
const variablesIn = (page: string, heading: string): readonly string[] => {
  const [, table = ''] = new RegExp(`^## ${heading}\\n([\\s\\S]*?)^##`, 'm').exec(read(page)) ?? []
  const rows = [...table.matchAll(/^\| (`.*?`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([A-Z_]+?)(?:_\*|\*)?`/g)].map(([, name = '']) => name),
  )
  return [...new Set(rows)].sort()
}

t.test('README.md and docs/settings.md have a row for each variable, and no other', async (t) => {
  t.same(variablesIn('README.md', 'Settings'), variables)
  t.same(variablesIn('docs/settings.md', 'Variables'), variables)
})

t.test(
  "docs/settings.md's table of the mirrors file has a row for each key, and no other; the examples are mirrors files",
  async (t) => {
    const [, section = ''] = /^## The mirrors file\n([\s\S]*)/m.exec(read('docs/settings.md')) ?? []
    const rows = [...section.matchAll(/^\| `([a-z-]+)` \| \S/gm)].map(([, key]) => key)
    t.same(rows, Object.keys(sectionSchema(new Date()).shape))
    const [, short = ''] = /^## A mirrors file\n([\s\S]*?)^## /m.exec(read('README.md')) ?? []
    for (const text of [section, short]) {
      const example = text.match(/(?:^ {4}.*\n|^\n(?= {4}))+/m)?.[0].replace(/^ {4}/gm, '') ?? ''
      t.same(
        parseMirrorsFile('mirrors.ini', example, new Date()).map(({ index }) => index.name),
        ['corp', 'official'],
      )
    }
  },
)

t.test('CONTRIBUTING.md names each place of a setting', async (t) => {
  const [, section = ''] = /^## Add a setting\n([\s\S]*?)^## /m.exec(read('CONTRIBUTING.md')) ?? []
  const named = [...section.matchAll(/`([\w./-]+\.\w+)`/g)].map(([, path = '']) => path).sort()
  const places = execFileSync(
    'git',
    ['grep', '-lwE', 'DIB_PIP_RETRIES|retries', '--', 'element-src', 'docs/settings.md'],
    {
      cwd: project,
      encoding: 'utf8',
    },
  )
  for (const path of places.trim().split('\n')) t.ok(named.includes(path), path)
  for (const path of named) t.match(read(path), /DIB_PIP_RETRIES|\bretries\b/, path)
})

t.test('README.md is read in three minutes, and a page of docs/ in five', async (t) => {
  const lines = (page: string): readonly string[] => read(page).trimEnd().split('\n')
  t.ok(lines('README.md').length <= 150, 'at most 150 lines')
  t.same(
    lines('README.md').filter((line) => line.length > 120),
    [],
  )
  for (const page of readdirSync(join(project, 'docs')).filter((name) => name.endsWith('.md'))) {
    const text = lines(`docs/${page}`)
    if (!['mirrors.md', 'promises.md'].includes(page)) t.ok(text.length <= 200, `${page}: at most 200 lines`)
    if (['mirrors.md', 'bench.md', 'fleet.md'].includes(page)) continue
    t.match(text[2], /^After this page you /, `${page} begins with what a reader has after it`)
    const cells = text.filter((line) => line.startsWith('|')).flatMap((line) => line.split('|'))
    t.same(
      cells.filter((cell) => cell.trim().split(/\s+/).length > 25),
      [],
      `${page}: no long cells`,
    )
  }
})

t.test('the plot docs/bench.svg shows the figures of docs/bench.md', async (t) => {
  t.equal(read('docs/bench.svg'), plotOf(read('docs/bench.md')), 'node build/run.mjs test/bench/plot.ts draws it')
})

t.test('each link to a heading of this project leads to one', async (t) => {
  const pages = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md'].concat(
    readdirSync(join(project, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
  )
  // As GitHub makes it of a heading.
  const anchor = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .trim()
      .replaceAll(' ', '-')
  for (const page of pages) {
    for (const [, path = '', name = ''] of read(page).matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
      const target = path === '' ? page : join(page, '..', path)
      const headings = [...read(target).matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => anchor(heading))
      t.ok(headings.includes(name), `${page}: ${path}#${name}`)
    }
  }
})

t.test("the element's README.rst describes each of them in dib's form", async (t) => {
  const text = read('element-src/pypi/README.rst')
  const described = [
    ...text.matchAll(/^((?:DIB_|PYPI_)[A-Z_]+)(?:, .*)?\n {2}:Required: No\n {2}:Default: .+\n {2}:Description: /gm),
  ]
  t.same(described.map(([, name]) => name).sort(), variables)
})

for (const page of ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md']) {
  t.test(`${page} names targets and files that are there`, async (t) => {
    const text = read(page)
    const targets = read('Makefile').match(/^[a-z-]+(?=:.*##)/gm) ?? []
    for (const [, target = ''] of text.matchAll(/`make ([a-z-]+)/g))
      t.ok(
        targets.some((name) => name === target),
        `make ${target}`,
      )
    for (const [, path = ''] of text.matchAll(/\]\((?!https?:)([^)#]+)/g)) t.ok(existsSync(join(project, path)), path)
    for (const [, path = ''] of text.matchAll(/`((?:test|docs|build|element-src)\/[A-Za-z0-9./_-]+)`/g))
      t.ok(existsSync(join(project, path)) || page === 'CHANGELOG.md', path)
  })
}

t.test('the pages in docs/ name files that are there, and promises.md each test of a build', async (t) => {
  const linked = (page: string): readonly string[] =>
    [...read(`docs/${page}`).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path = '']) => join('docs', path))
  const pages = readdirSync(join(project, 'docs')).filter((name) => name.endsWith('.md'))
  for (const page of pages) for (const path of linked(page)) t.ok(existsSync(join(project, path)), `${page}: ${path}`)
  const promised = linked('promises.md')
  // Of machines and programs, not of promises: README.md has these.
  const others = [
    'bench',
    'build-variants',
    'distributions',
    'hosts',
    'hostile-environment',
    'make-image',
    'image-types',
    'node-versions',
    'plot',
    'users',
  ]
  for (const layer of ['hook', 'image', 'hosts']) {
    for (const name of readdirSync(join(project, 'test', layer)).filter(
      (name) => !others.includes(basename(name, '.ts')),
    )) {
      t.ok(promised.includes(`test/${layer}/${name}`), name)
    }
  }
})

t.test('no address of a package registry is in the project, but the one constant', async (t) => {
  const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: project, encoding: 'utf8' })
    .trim()
    .split('\n')
    .filter((path) => existsSync(join(project, path)))
  t.ok(files.includes('package-lock.json'))
  const host = new URL(officialIndex).host
  t.same(files.filter((path) => read(path).includes(`//${host}`)).sort(), [
    'element-src/lib/settings/index-list.ts',
    'elements/pypi/extra-data.d/00-mount-pypi-mirror',
    'elements/pypi/pre-install.d/00-configure-pypi-mirror',
    'elements/pypi/pypi-relay/pypi-relay',
  ])
  const registries = new RegExp(['registry', 'files', 'deb', 'archive'].map((name) => `//${name}\\.[a-z]+`).join('|'))
  t.same(
    files.filter((path) => registries.test(read(path))),
    [],
  )
  t.notMatch(read('package-lock.json'), /"resolved"/)
})
