import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'
import { userVariables } from '../../../element-src/lib/settings/variables.js'
import { readRecipes, recipe, sectionsOf } from '../../support/servers/recipes.js'

const read = (path: string): string => readFileSync(join(project, path), 'utf8')

const page = readRecipes()

t.test(
  'docs/mirrors.md, fleet.md and offline.md have no recipe that no test runs, but for those that it marks',
  async (t) => {
    const runs = [
      'test/hook/mirror-layouts.ts',
      'test/hook/made-indexes.ts',
      'test/hosts/mirror-servers.ts',
      'test/support/servers/mirror-makers.ts',
      'test/support/servers/nginx.ts',
      'test/support/servers/devpi.ts',
      'test/hosts/fleet.ts',
      'test/hosts/devpi.ts',
      'test/hosts/nginx-cache.ts',
      'test/support/servers/guarded-index.ts',
      'test/hook/mirrors-file.ts',
      'test/hosts/offline.ts',
    ].map(read)
    const headings = [...page.matchAll(/^### (.*)$/gm)].map(([, heading = '']) => heading)
    for (const heading of headings.filter((name) => !name.endsWith('not tested)') && name !== 'Tools for indexes')) {
      t.ok(
        runs.some((text) => text.includes(`'${heading}'`)),
        heading,
      )
    }
    t.equal(
      headings.filter((name) => name.endsWith('not tested)')).length,
      3,
      'Artifactory, Nexus with GitLab, and Pulp',
    )
  },
)

t.test('each block of commands in README.md and docs/ is run by a test', async (t) => {
  const tests = execFileSync('git', ['ls-files', 'test'], { cwd: project, encoding: 'utf8' })
    .split('\n')
    .filter((path) => path.endsWith('.ts') && existsSync(join(project, path)))
    .map(read)
    .join('\n')
  // Those with `...` are abbreviations of others.
  const isCommand = (block: string): boolean =>
    /^(?:#!|export |(?:\w+=\S* )*(?:disk-image-create|make|tar|pip|uv|sbomdiff) )/.test(block) && !/ \.\.\./.test(block)
  let count = 0
  const pages = readdirSync(join(project, 'docs')).filter((name) => name.endsWith('.md'))
  for (const page of ['README.md', ...pages]) {
    for (const [heading, blocks] of sectionsOf(page)) {
      for (const [index, block] of blocks.entries()) {
        // The first block below a heading of recipes is checked above.
        const isRecipe = page === 'mirrors.md' && (index === 0 || heading.endsWith('not tested)'))
        if (isRecipe || !isCommand(block)) continue
        count += 1
        t.ok(tests.includes(`'${page}', '${heading}', ${index}`), `${page}, ${heading}, ${index}`)
      }
    }
  }
  t.ok(count >= 12, `${count} blocks`)
})

t.test('a recipe is the block under its heading', async (t) => {
  t.equal(recipe('dir2pi'), 'mirror-tools/bin/dir2pi ~/.cache/image-create/pypi/mirror\n')
  t.throws(() => recipe('dir2pi', { pip2pi: 'x' }), /does not say pip2pi/)
  t.throws(() => recipe('no such tool'), /has no recipe/)
})

t.test('it installs the programs that the tests have installed, and names the oldest uvs that they run', async (t) => {
  const fixtures = read('test/support/setup/make-fixture.sh')
  const [, installed] = /mirror-tools\) virtual_environment (.*) ;;/.exec(fixtures) ?? []
  t.type(installed, 'string')
  t.equal(/mirror-tools\/bin\/pip install (.*)/.exec(recipe('Tools for indexes'))?.[1], installed)
  const oldest = (folder: string): string => new RegExp(`\\b${folder}:uv==(\\S+)`).exec(fixtures)?.[1] ?? 'none'
  const installers = read('docs/installers.md')
  t.ok(installers.includes(`| uv | ${oldest('old')} to the newest |`))
  const systemWideUv = oldest('system-wide')
  for (const text of [installers, read('element-src/lib/config/warnings.ts')])
    t.match(text, new RegExp(`(?:from|before) ${systemWideUv.replaceAll('.', '\\.')}\\b`))
})

t.test('it names variables and files that are there', async (t) => {
  const families = ['DIB_PYPI_MIRROR_URL']
  const ofDib = ['DIB_APT_SOURCES_CONF', 'DIB_DEBOOTSTRAP_CACHE', 'DIB_DISTRIBUTION_MIRROR']
  const known = [...Object.keys(userVariables.shape), ...families, ...ofDib]
  for (const [name] of page.matchAll(/\bDIB_[A-Z_]+[A-Z]/g)) t.ok(known.includes(name), name)
  for (const [, path = ''] of page.matchAll(/\]\((?!https?:)([^)#]+)/g))
    t.ok(existsSync(join(project, 'docs', path)), path)
})
