import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { detectMirror } from '../../../element-src/lib/mirror/local-mirror.js'

const wheel = 'demo-1-py3-none-any.whl'
const page = (href: string, attributes = ''): string => `<a href="${href}" ${attributes}>${wheel}</a>`
const warningsOf = (mirror: string): readonly string[] => detectMirror(mirror).warnings()
const withPage = (t: Test, href: string, attributes?: string): readonly string[] =>
  warningsOf(
    t.testdir({ simple: { demo: { 'index.html': page(href, attributes), [wheel]: '' } }, packages: { [wheel]: '' } }),
  )

t.test('each layout has its URL and its description', async (t) => {
  const demo = { 'index.html': page(wheel), [wheel]: '' }
  const cases = [
    [{ demo }, 'file:///tmp/pypi', 'a PEP 503 index'],
    [{ simple: { demo } }, 'file:///tmp/pypi/simple', 'a PEP 503 index in simple'],
    [{ web: { simple: { demo } } }, 'file:///tmp/pypi/web/simple', 'a PEP 503 index in web/simple'],
    [{ [wheel]: '' }, 'file:///tmp/pypi-index', 'a flat folder of 1 files'],
  ] as const
  for (const [tree, url, description] of cases) {
    const mirror = t.testdir(tree)
    t.match(detectMirror(mirror), { url, description }, description)
    t.same(warningsOf(mirror), [], description)
  }
  t.same(detectMirror(t.testdir({ [wheel]: '' })).filesToIndex, [wheel])
})

t.test('what is no mirror is told, with what was looked for', async (t) => {
  const empty = t.testdir({})
  t.same(warningsOf(empty), [
    `${empty} is empty: looked for a project's folder with an index.html (PEP 503) there, in simple/ and in web/simple/, and for wheels and sdists; no package is found in it`,
  ])
  t.match(warningsOf(t.testdir({ 'a.txt': '' }))[0], / is no mirror: looked for /)
})

t.test("a page's links are followed as the image would", async (t) => {
  t.same(withPage(t, wheel), [])
  t.same(withPage(t, `../../packages/${wheel}#sha256=0`), [], 'relative, inside the mirror')
  t.same(withPage(t, `https://elsewhere.example/${wheel}`), [], 'elsewhere')
  t.same(withPage(t, 'http://[/'), [], 'no URL at all')
  t.same(withPage(t, `file:///tmp/pypi/packages/${wheel}`), [])
  const outside = /links to .*, which is outside the mirror where the image has it/
  t.match(withPage(t, `../../../packages/${wheel}`)[0], outside)
  t.match(withPage(t, `/packages/${wheel}`)[0], outside, 'from the root of a server')
  t.match(withPage(t, `file:///srv/mirror/${wheel}`)[0], outside)
  t.match(withPage(t, 'other.whl')[0], /links to other\.whl, which is not there/)
  t.match(withPage(t, wheel, 'data-core-metadata="true"')[0], /pip 22\.3 and later fail on that/)
})

t.test('symbolic links that lead out of the mirror are told, and others are not', async (t) => {
  const folder = t.testdir({ mirror: { pool: { [wheel]: '' }, simple: { demo: { 'index.html': '' } } }, elsewhere: {} })
  const mirror = join(folder, 'mirror')
  symlinkSync(`../../pool/${wheel}`, join(mirror, 'simple', 'demo', wheel))
  t.same(warningsOf(mirror), [], 'as dir2pi makes them')
  symlinkSync(`../../../elsewhere/${wheel}`, join(mirror, 'simple', 'demo', 'climbing.whl'))
  symlinkSync(join(mirror, 'pool', wheel), join(mirror, 'simple', 'demo', 'absolute.whl'))
  t.equal(warningsOf(mirror).length, 1)
  t.match(warningsOf(mirror)[0], /simple\/demo\/\w+\.whl and 1 more: a symbolic link that leads out of the mirror/)
})

t.test('a flat folder goes without the links that lead out of it', async (t) => {
  const mirror = t.testdir({ [wheel]: '' })
  symlinkSync('../elsewhere/out-1.zip', join(mirror, 'out-1.zip'))
  symlinkSync(wheel, join(mirror, 'in-1-py3-none-any.whl'))
  const { filesToIndex, warnings } = detectMirror(mirror)
  t.same([...(filesToIndex ?? [])].sort(), [wheel, 'in-1-py3-none-any.whl'])
  t.match(warnings()[0], /out-1\.zip: a symbolic link that leads out .*so that its package is not found/)
})

t.test('a wheel beside the folders of an index is told', async (t) => {
  const mirror = t.testdir({ demo: { 'index.html': '' } })
  writeFileSync(join(mirror, wheel), '')
  mkdirSync(join(mirror, 'other'))
  t.match(warningsOf(mirror)[0], /demo-1-py3-none-any\.whl in .* lies beside its projects' folders/)
})
