import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { detectMirrors, type LocalMirror } from '../../../element-src/lib/index/local-mirror.js'

const wheel = 'demo-1-py3-none-any.whl'
const page = (href: string, attributes = ''): string => `<a href="${href}" ${attributes}>${wheel}</a>`
const detect = (mirror: string): LocalMirror => {
  const [found] = detectMirrors(mirror, [''])
  if (found === undefined) throw new Error('nothing is detected')
  return found
}
const warningsOf = (mirror: string): readonly string[] => detect(mirror).warnings()
const withPage = (t: Test, href: string, attributes?: string): readonly string[] =>
  warningsOf(
    t.testdir({ simple: { demo: { 'index.html': page(href, attributes), [wheel]: '' } }, packages: { [wheel]: '' } }),
  )
/** The pages of the index that is made for a mirror, by project; undefined where the mirror's own is used. */
const made = (mirror: string, ...projects: readonly string[]): readonly string[] | undefined => {
  const { writeIndex } = detect(mirror)
  if (writeIndex === undefined) return undefined
  const folder = join(mirror, '..', `index-of-${mirror.split('/').at(-1)}-${Math.random()}`)
  mkdirSync(folder)
  writeIndex(folder)
  return projects.map((project) => readFileSync(join(folder, project, 'index.html'), 'utf8'))
}

t.test('each layout has its URL and its description', async (t) => {
  const demo = () => ({ demo: { 'index.html': page(wheel), [wheel]: '' } })
  const index = 'file:///tmp/pypi-index'
  const cases = [
    [demo(), 'file:///tmp/pypi', 'a PEP 503 index'],
    [{ simple: demo() }, 'file:///tmp/pypi/simple', 'a PEP 503 index in simple'],
    [{ web: { simple: demo() } }, 'file:///tmp/pypi/web/simple', 'a PEP 503 index in web/simple'],
    [{ [wheel]: '' }, index, 'a flat folder of 1 file for any Python'],
    [{ Demo: demo().demo }, index, "a tree with projects' names as written (Demo)"],
    [{ simple: demo(), 'a-1.zip': '' }, index, 'a PEP 503 index in simple, and 1 file that it does not list'],
  ] as const
  for (const [tree, url, description] of cases) {
    const mirror = t.testdir(tree)
    t.match(detect(mirror), { url, description }, description)
    t.same(warningsOf(mirror), [], description)
    t.equal(detect(mirror).writeIndex !== undefined, url === index)
  }
})

t.test('several folders are one index each', async (t) => {
  const mirror = t.testdir({ a: { [wheel]: '' }, b: { 'b-1.zip': '' }, c: { demo: { 'index.html': page(wheel) } } })
  const all = detectMirrors(mirror, ['a', 'c', 'b'])
  t.same(
    all.map(({ url }) => url),
    ['file:///tmp/pypi-index/1', 'file:///tmp/pypi/c', 'file:///tmp/pypi-index/2'],
  )
  const folder = join(mirror, 'index')
  mkdirSync(folder)
  for (const { writeIndex } of all) writeIndex?.(folder)
  t.match(readFileSync(join(folder, '1', 'demo', 'index.html'), 'utf8'), `href="file:///tmp/pypi/a/${wheel}"`)
  t.match(readFileSync(join(folder, '2', 'b', 'index.html'), 'utf8'), 'href="file:///tmp/pypi/b/b-1.zip"')
})

t.test('what is no mirror is said, with what was looked for', async (t) => {
  const empty = t.testdir({})
  t.same(warningsOf(empty), [
    `${empty} is empty: no package is found in it. Fill it with wheels and sdists, or with a PEP 503 index at its top, in simple/ or web/simple/`,
  ])
  t.match(warningsOf(t.testdir({ 'a.txt': '' }))[0], / is not a mirror: no package is found in it\. Fill it /)
})

t.test("a page's links are followed as the image would", async (t) => {
  t.same(withPage(t, wheel), [])
  t.same(withPage(t, `../../packages/${wheel}#sha256=0`), [], 'relative, inside the mirror')
  t.same(withPage(t, `https://elsewhere.example/${wheel}`), [], 'elsewhere')
  t.same(withPage(t, 'http://[/'), [], 'no URL at all')
  t.same(withPage(t, `file:///tmp/pypi/packages/${wheel}`), [])
  const outside = /links to .*, which is outside the mirror, so that the image cannot see it/
  t.match(withPage(t, `../../../packages/${wheel}`)[0], outside)
  t.match(withPage(t, `/packages/${wheel}`)[0], outside, 'from the root of a server')
  t.match(withPage(t, `file:///srv/mirror/${wheel}`)[0], outside)
  const missing = withPage(t, 'other-1.zip')
  t.match(missing[0], /links to file:\/\/\/tmp\/pypi\/simple\/demo\/other-1\.zip, which does not exist/)
  t.match(withPage(t, wheel, 'data-core-metadata="true"')[0], /pip 22\.3 and later fail on that/)
  t.same(withPage(t, wheel, 'data-core-metadata="false"'), [], 'as pip reads it')
  const based = `<base href="https://elsewhere.example/">${page('other-1.zip')}`
  t.same(warningsOf(t.testdir({ demo: { 'index.html': based } })), [], 'as pip reads it')
  t.match(withPage(t, `../../x%00/${wheel}`)[0], / which is outside the mirror/, 'no path has a NUL')
})

t.test('symbolic links to files outside the mirror are warned of, and others are not', async (t) => {
  const folder = t.testdir({ mirror: { pool: { [wheel]: '' }, simple: { demo: { 'index.html': '' } } }, elsewhere: {} })
  const mirror = join(folder, 'mirror')
  symlinkSync(`../../pool/${wheel}`, join(mirror, 'simple', 'demo', wheel))
  t.same(warningsOf(mirror), [], 'as dir2pi makes them')
  symlinkSync(`../../../elsewhere/${wheel}`, join(mirror, 'simple', 'demo', 'climbing.whl'))
  symlinkSync(join(mirror, 'pool', wheel), join(mirror, 'simple', 'demo', 'absolute.whl'))
  t.equal(warningsOf(mirror).length, 1)
  t.match(
    warningsOf(mirror)[0],
    /simple\/demo\/\w+\.whl and 1 more is a symbolic link to a file outside the mirror, which /,
  )
})

t.test('a flat folder is used without what is no file of the mirror', async (t) => {
  const folder = t.testdir({ mirror: { [wheel]: '' }, elsewhere: { 'far-1.zip': '' } })
  const mirror = join(folder, 'mirror')
  symlinkSync('../elsewhere/out-1.zip', join(mirror, 'out-1.zip'))
  symlinkSync('../elsewhere', join(mirror, 'way'))
  symlinkSync('way/far-1.zip', join(mirror, 'far-1.zip'))
  symlinkSync('none-1.zip', join(mirror, 'gone-1.zip'))
  symlinkSync(wheel, join(mirror, 'in-1-py3-none-any.whl'))
  execFileSync('mkfifo', [join(mirror, 'fifo-1.tar.gz')])
  t.equal(detect(mirror).description, 'a flat folder of 2 files for any Python')
  const warnings = warningsOf(mirror)
  t.equal(warnings.length, 3)
  t.match(
    warnings[0],
    /(?:out|far)-1\.zip and 1 more is a symbolic link to a file outside the mirror, which the image /,
  )
  t.match(warnings[1], /gone-1\.zip is a symbolic link to a file that does not exist/)
  t.match(warnings[2], /fifo-1\.tar\.gz is not a regular file and is left out/)
  t.same(made(mirror)?.length, 0)
  for (const project of ['out', 'far', 'gone', 'fifo']) t.throws(() => made(mirror, project), { code: 'ENOENT' })
  t.equal(made(mirror, 'demo', 'in')?.length, 2)
})

t.test(
  'a link to where the user may not look is left out, and is no fault',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const mirror = mkdtempSync('/tmp/pypi-test-')
    mkdirSync(join(mirror, 'closed'))
    for (const name of [wheel, 'closed/a-1.zip']) writeFileSync(join(mirror, name), '')
    symlinkSync('closed/a-1.zip', join(mirror, 'a-1.zip'))
    chmodSync(join(mirror, 'closed'), 0)
    chmodSync(mirror, 0o755)
    t.teardown(() => {
      process.seteuid?.(0)
      rmSync(mirror, { recursive: true })
    })
    process.seteuid?.(65534)
    t.equal(detect(mirror).description, 'a flat folder of 1 file for any Python')
    t.same(warningsOf(mirror), [])
  },
)

t.test("a tree with names as written has an index with its pages' hashes and attributes", async (t) => {
  const wheel = 'demo_app-2-py3-none-any.whl'
  const mirror = t.testdir({
    'Demo.App': {
      'index.html': `<h1>Demo &ndash; x</h1><a class=x href='Demo.App-1.tar.gz#md5=12' data-requires-python='&gt;=3' data-dist-info-metadata="true">x</a>
<a data-yanked data-requires-python=">2,<4" HREF="${wheel}">x</a><a href="demo_app-3.zip">x</a> <a href="https://a.example/demo-app-4.zip#sha256=3&amp;x">x</a>
<!-- <a href="Demo.App-1.tar.gz">old</a> --><a href="other-1.zip">of another project</a>`,
      'Demo.App-1.tar.gz': '',
      [wheel]: '',
      'other-1.zip': '',
    },
    'Debian-12': { 'index.html': "<a href='Demo.App'>Demo.App</a>", 'Demo.App': {} },
    'index.html': '',
  })
  t.same(made(mirror, '.', 'demo-app'), [
    '<!DOCTYPE html>\n<title>Simple index</title>\n<a href="demo-app/">demo-app</a><br>\n',
    `<!DOCTYPE html>
<title>demo-app</title>
<a href="file:///tmp/pypi/Demo.App/Demo.App-1.tar.gz#md5=12" data-requires-python="&#62;=3">Demo.App-1.tar.gz</a><br>
<a href="file:///tmp/pypi/Demo.App/${wheel}" data-requires-python="&#62;2,&#60;4" data-yanked="">${wheel}</a><br>
<a href="https://a.example/demo-app-4.zip#sha256=3&#38;x">demo-app-4.zip</a><br>
`,
  ])
})

t.test('a folder for each project, without pages, is a mirror', async (t) => {
  for (const below of ['', 'simple']) {
    const tree = { demo: { [wheel]: '' }, other: { 'other-1.zip': '' }, 'index.html': 'a list of folders' }
    const mirror = t.testdir(below === '' ? tree : { simple: tree })
    t.match(detect(mirror).description, /^a tree with a folder without a page \((?:demo|other)\)$/)
    t.same(warningsOf(mirror), [])
    const [page = ''] = made(mirror, 'demo') ?? []
    t.match(page, `href="file:///tmp/pypi/${below === '' ? '' : 'simple/'}demo/${wheel}"`)
  }
})

t.test('files beside a tree are in the index, with what the tree lists', async (t) => {
  const mirror = t.testdir({ simple: { demo: { 'index.html': page(wheel), [wheel]: '' } }, 'demo-2.zip': '' })
  const [listed = ''] = made(mirror, 'demo') ?? []
  t.match(listed, `href="file:///tmp/pypi/simple/demo/${wheel}"`)
  t.match(listed, 'href="file:///tmp/pypi/demo-2.zip"')
})

t.test('a pipe in the place of a page is not waited for', { timeout: 20_000 }, async (t) => {
  const mirror = t.testdir({ simple: { demo: { [wheel]: '' } } })
  execFileSync('mkfifo', [join(mirror, 'simple', 'demo', 'index.html')])
  t.match(detect(mirror), { url: 'file:///tmp/pypi/simple' })
  t.same(warningsOf(mirror), [])
})
