import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { detectMirrors } from '../../../element-src/lib/index/local-mirror.js'

const wheel = 'demo-1-py3-none-any.whl'
/** A project's folder with a page that lists one wheel. */
const project = () => ({ 'index.html': `<a href='${wheel}#md5=0'>${wheel}</a>`, [wheel]: '' })
const layoutOf = (mirror: string, folder: string) => detectMirrors(mirror, [folder])[0]
const look = (mirror: string) => layoutOf(mirror, '')
/** An index that pip uses as it is. */
const index = (below = '') => ({
  description: below === '' ? 'a PEP 503 index' : `a PEP 503 index in ${below}`,
  url: new RegExp(`^file:///tmp/pypi${below === '' ? '' : `/${below}`}$`),
  writeIndex: undefined,
  isFlat: false,
})
/** A tree for which one is made. */
const tree = (description: RegExp) => ({
  description,
  url: 'file:///tmp/pypi-index',
  writeIndex: Function,
  isFlat: false,
})
const written = (name: string) => tree(new RegExp(`^a tree with projects' names as written \\(${name}\\)$`))

t.test('an index is found at the top, in simple and in web/simple', async (t) => {
  t.match(look(t.testdir({ demo: project() })), index())
  const inSimple = look(t.testdir({ simple: { demo: project() } }))
  t.match(inSimple, index('simple'))
  t.same(inSimple?.warnings(), [])
  t.match(look(t.testdir({ web: { simple: { demo: project() }, packages: {} }, todo: '' })), index('web/simple'))
})

t.test('a folder in the mirror is looked at by itself', async (t) => {
  const mirror = t.testdir({ flat: { [wheel]: '' }, made: { simple: { demo: project() } } })
  t.match(layoutOf(mirror, 'flat'), { description: /^a flat folder of 1 file/, isFlat: true })
  t.match(layoutOf(mirror, 'made'), { ...index('simple'), url: /^file:\/\/\/tmp\/pypi\/made\/simple$/ })
  const missing = { description: 'a folder that does not exist', writeIndex: undefined, isFlat: false }
  t.match(layoutOf(mirror, 'none'), missing)
  t.match(layoutOf(mirror, 'n'.repeat(300)), missing, 'a name that no folder can have')
})

t.test('a project that is called simple makes no index of itself', async (t) => {
  const mirror = t.testdir({ simple: { ...project(), 'simple-1.zip': '' }, web: project() })
  t.match(look(mirror), index())
})

t.test('an index may be behind links', async (t) => {
  const folder = t.testdir({ real: { demo: project() } })
  mkdirSync(join(folder, 'mirror'))
  symlinkSync('../real', join(folder, 'mirror', 'simple'))
  t.match(look(join(folder, 'mirror')), index('simple'))
})

t.test('wheels and sdists side by side, whatever lies there besides', async (t) => {
  const folder = t.testdir({ [wheel]: '', 'old-1.tar.gz': '', 'index.html': '', notes: { 'a.txt': '' }, 'dir.whl': {} })
  symlinkSync(wheel, join(folder, 'again-1-py3-none-any.whl'))
  const layout = look(folder)
  t.match(layout, { isFlat: true, url: 'file:///tmp/pypi-index' })
  t.same([...(layout?.files ?? [])].sort(), ['again-1-py3-none-any.whl', wheel, 'old-1.tar.gz'])
})

t.test('a folder with an empty page beside distributions does not hide them', async (t) => {
  const layout = look(t.testdir({ Docs: { 'index.html': '' }, [wheel]: '' }))
  t.match(layout, tree(/and 1 file that it does not list$/))
})

t.test("a tree with projects' names as written is told from one with normalised names", async (t) => {
  t.match(look(t.testdir({ Demo: project(), six: project() })), written('Demo'))
  t.match(look(t.testdir({ simple: { 'demo.lib': project() } })), written('demo.lib'))
  const both = { Demo: project(), demo: project() }
  t.match(look(t.testdir(both)), index(), 'bandersnatch has both names for old pips')
  const trees = { demo: project(), 'Debian-12': { 'index.html': "<a href='demo'>demo</a>", demo: project() } }
  t.match(look(t.testdir(trees)), index(), 'a folder of further projects is no project')
})

t.test('files beside a tree are found where it does not list them', async (t) => {
  const beside = (place: string) => tree(new RegExp(`^a PEP 503 index${place}, and 1 file that it does not list$`))
  t.match(look(t.testdir({ other: project(), [wheel]: '' })), beside(''))
  t.match(look(t.testdir({ simple: { other: project() }, [wheel]: '' })), beside(' in simple'))
  const byLink = { demo: { 'index.html': `<a href="../../${wheel}#sha256=0">${wheel}</a>` } }
  t.match(look(t.testdir({ simple: byLink, [wheel]: '' })), index('simple'), 'as dumb-pypi lists it')
  t.match(look(t.testdir({ simple: { demo: project() }, [wheel]: '' })), index('simple'), 'as dir2pi lists it')
})

t.test('an empty folder, and one without an index or a distribution at its top, are no mirror', async (t) => {
  t.match(look(t.testdir({})), { description: 'an empty folder', isFlat: true, writeIndex: undefined })
  const unknown = { description: 'a folder without packages', isFlat: false, writeIndex: undefined }
  t.match(look(t.testdir({ 'a.txt': '', folder: { [wheel]: '' }, simple: {}, web: {} })), unknown)
})

t.test('a large mirror is not read to its end', async (t) => {
  const folder = t.testdir({})
  for (let i = 0; i < 1500; i += 1) mkdirSync(join(folder, `no-index-${i}`))
  t.equal(look(folder)?.description, 'a folder without packages')
  for (let i = 0; i < 1500; i += 1) writeFileSync(join(folder, `no-index-${i}`, 'index.html'), '')
  for (let i = 0; i < 3000; i += 1) writeFileSync(join(folder, `file-${i}.zip`), '')
  const layout = look(folder)
  t.match(layout, index())
  const [, more] = / and (\d+) more in .* lies beside its projects' folders/.exec(layout?.warnings().at(-1) ?? '') ?? []
  t.ok(Number(more ?? 0) < 2999, 'it is not read to its end')
})
