import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { layoutOf } from '../../../element-src/lib/mirror/layout.js'

const project = { 'index.html': '' }
const wheel = 'demo-1-py3-none-any.whl'

t.test('an index is found at the top, in simple and in web/simple', async (t) => {
  t.match(layoutOf(t.testdir({ demo: project })), { kind: 'index', below: '', project: 'demo' })
  t.match(layoutOf(t.testdir({ [wheel]: '', simple: { demo: project } })), {
    kind: 'index',
    below: 'simple',
    strayFiles: [],
  })
  t.match(layoutOf(t.testdir({ web: { simple: { demo: project }, packages: {} }, todo: '' })), {
    kind: 'index',
    below: 'web/simple',
  })
})

t.test('a project that is called simple makes no index of itself', async (t) => {
  t.match(layoutOf(t.testdir({ simple: { ...project, 'simple-1.zip': '' }, web: project })), {
    kind: 'index',
    below: '',
  })
})

t.test('an index may be behind links', async (t) => {
  const folder = t.testdir({ real: { demo: project } })
  mkdirSync(join(folder, 'mirror'))
  symlinkSync('../real', join(folder, 'mirror', 'simple'))
  t.match(layoutOf(join(folder, 'mirror')), { kind: 'index', below: 'simple' })
})

t.test('wheels and sdists side by side, whatever lies there besides', async (t) => {
  const folder = t.testdir({ [wheel]: '', 'old-1.tar.gz': '', 'index.html': '', notes: { 'a.txt': '' }, 'dir.whl': {} })
  symlinkSync(wheel, join(folder, 'again-1-py3-none-any.whl'))
  const layout = layoutOf(folder)
  t.equal(layout.kind, 'flat')
  if (layout.kind === 'flat') {
    t.same([...layout.files].sort(), ['again-1-py3-none-any.whl', wheel, 'old-1.tar.gz'])
    t.same(layout.links, ['again-1-py3-none-any.whl'])
  }
})

t.test('files beside the folders of an index are told', async (t) => {
  t.match(layoutOf(t.testdir({ demo: project, [wheel]: '' })), { kind: 'index', strayFiles: [wheel] })
})

t.test('nothing, and nothing of use', async (t) => {
  t.match(layoutOf(t.testdir({})), { kind: 'empty' })
  t.match(layoutOf(t.testdir({ 'a.txt': '', folder: { [wheel]: '' }, simple: {}, web: {} })), { kind: 'unknown' })
})

t.test('a large mirror is not read to its end', async (t) => {
  const folder = t.testdir({})
  for (let i = 0; i < 1500; i += 1) mkdirSync(join(folder, `no-index-${i}`))
  t.equal(layoutOf(folder).kind, 'unknown')
  for (let i = 0; i < 1500; i += 1) writeFileSync(join(folder, `no-index-${i}`, 'index.html'), '')
  for (let i = 0; i < 3000; i += 1) writeFileSync(join(folder, `file-${i}.zip`), '')
  const layout = layoutOf(folder)
  t.match(layout, { kind: 'index', below: '' })
  t.ok(layout.kind === 'index' && layout.strayFiles.length <= 1000, 'of 4,500 entries no more than a thousand are read')
})
