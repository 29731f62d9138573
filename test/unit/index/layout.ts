import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { layoutOf } from '../../../element-src/lib/index/layout.js'

const wheel = 'demo-1-py3-none-any.whl'
/** A project's folder with a page that lists one wheel. */
const project = () => ({ 'index.html': `<a href='${wheel}#md5=0'>${wheel}</a>`, [wheel]: '' })
const look = (mirror: string) => layoutOf(mirror, '')

t.test('an index is found at the top, in simple and in web/simple', async (t) => {
  t.match(look(t.testdir({ demo: project() })), { kind: 'index', below: '', project: 'demo' })
  t.match(look(t.testdir({ simple: { demo: project() } })), { kind: 'index', below: 'simple', strayFiles: [] })
  t.match(look(t.testdir({ web: { simple: { demo: project() }, packages: {} }, todo: '' })), {
    kind: 'index',
    below: 'web/simple',
  })
})

t.test('a folder in the mirror is looked at by itself', async (t) => {
  const mirror = t.testdir({ flat: { [wheel]: '' }, made: { simple: { demo: project() } } })
  t.match(layoutOf(mirror, 'flat'), { kind: 'flat' })
  t.match(layoutOf(mirror, 'made'), { kind: 'index', below: 'made/simple' })
  t.same(layoutOf(mirror, 'none'), { kind: 'missing' })
  t.same(layoutOf(mirror, 'n'.repeat(300)), { kind: 'missing' }, 'a name that no folder can have')
})

t.test('a project that is called simple makes no index of itself', async (t) => {
  const mirror = t.testdir({ simple: { ...project(), 'simple-1.zip': '' }, web: project() })
  t.match(look(mirror), { kind: 'index', below: '' })
})

t.test('an index may be behind links', async (t) => {
  const folder = t.testdir({ real: { demo: project() } })
  mkdirSync(join(folder, 'mirror'))
  symlinkSync('../real', join(folder, 'mirror', 'simple'))
  t.match(look(join(folder, 'mirror')), { kind: 'index', below: 'simple' })
})

t.test('wheels and sdists side by side, whatever lies there besides', async (t) => {
  const folder = t.testdir({ [wheel]: '', 'old-1.tar.gz': '', 'index.html': '', notes: { 'a.txt': '' }, 'dir.whl': {} })
  symlinkSync(wheel, join(folder, 'again-1-py3-none-any.whl'))
  const layout = look(folder)
  t.equal(layout.kind, 'flat')
  if (layout.kind !== 'flat') return
  t.same([...layout.files].sort(), ['again-1-py3-none-any.whl', wheel, 'old-1.tar.gz'])
})

t.test("a tree with projects' names as written is told from one with normalised names", async (t) => {
  t.match(look(t.testdir({ Demo: project(), six: project() })), { kind: 'tree', below: '', writtenName: 'Demo' })
  t.match(look(t.testdir({ simple: { 'demo.lib': project() } })), { kind: 'tree', below: 'simple' })
  const both = { Demo: project(), demo: project() }
  t.match(look(t.testdir(both)), { kind: 'index' }, 'bandersnatch has both names for old pips')
  const trees = { demo: project(), 'Debian-12': { 'index.html': "<a href='demo'>demo</a>", demo: project() } }
  t.match(look(t.testdir(trees)), { kind: 'index', project: 'demo' }, 'a folder of further projects is no project')
})

t.test('files beside a tree are found where it does not list them', async (t) => {
  const files = [wheel]
  t.match(look(t.testdir({ other: project(), [wheel]: '' })), { kind: 'tree', below: '', files })
  t.match(look(t.testdir({ simple: { other: project() }, [wheel]: '' })), { kind: 'tree', below: 'simple', files })
  const byLink = { demo: { 'index.html': `<a href="../../${wheel}#sha256=0">${wheel}</a>` } }
  t.match(look(t.testdir({ simple: byLink, [wheel]: '' })), { kind: 'index', below: 'simple' }, 'as dumb-pypi lists it')
  t.match(look(t.testdir({ simple: { demo: project() }, [wheel]: '' })), { kind: 'index' }, 'as dir2pi lists it')
})

t.test('an empty folder, and one without an index or a distribution at its top, are no mirror', async (t) => {
  t.match(look(t.testdir({})), { kind: 'empty' })
  t.match(look(t.testdir({ 'a.txt': '', folder: { [wheel]: '' }, simple: {}, web: {} })), { kind: 'unknown' })
})

t.test('a large mirror is not read to its end', async (t) => {
  const folder = t.testdir({})
  for (let i = 0; i < 1500; i += 1) mkdirSync(join(folder, `no-index-${i}`))
  t.equal(look(folder).kind, 'unknown')
  for (let i = 0; i < 1500; i += 1) writeFileSync(join(folder, `no-index-${i}`, 'index.html'), '')
  for (let i = 0; i < 3000; i += 1) writeFileSync(join(folder, `file-${i}.zip`), '')
  const layout = look(folder)
  t.match(layout, { kind: 'index', below: '' })
  t.ok(layout.kind === 'index' && layout.strayFiles.length < 3000, 'it is not read to its end')
})
