import { existsSync, lstatSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { type Applied, listEntries } from '../../../element-src/lib/config/apply.js'
import { revert } from '../../../element-src/lib/config/revert.js'
import { accessOf, modificationTime } from '../../../element-src/lib/image/attributes.js'

type Files = Record<string, NonNullable<Parameters<Test['testdir']>[0]>>

const nothing: Applied = { files: [], folders: [], others: [], mountPoints: [], madeFolders: [], touchedFolders: [] }
const time = '1234567890123456789'
const ours = '[easy_install]\nindex_url = http://127.0.0.1:1/\n'

/** An image, and the stage folder with ours, which was mounted over it. */
const prepare = (t: Test, image: Files, stage: Files) => {
  const folder = t.testdir({ image, stage })
  return { root: join(folder, 'image'), stage: join(folder, 'stage') }
}

/** Our .pydistutils.cfg, which nobody changed. */
const stub = (stage: string): Applied['files'] => [
  {
    path: '/root/.pydistutils.cfg',
    format: 'setuptools',
    content: ours,
    own: undefined,
    source: 'file-0',
    isForEveryone: false,
    access: accessOf(join(stage, 'file-0')),
    beside: [],
  },
]

t.test(
  'our stub and the folder that was made for ours go, and the folder around them has its time again',
  async (t) => {
    const { root, stage } = prepare(
      t,
      { root: { '.pydistutils.cfg': '', '.pip': {} } },
      { 'file-0': ours, 'folder-0': {} },
    )
    const home = join(root, 'root')
    const reverted = revert(
      root,
      stage,
      {
        ...nothing,
        files: stub(stage),
        madeFolders: ['/root/.pip'],
        touchedFolders: [{ path: '/root', before: time, after: modificationTime(home) }],
      },
      [],
    )
    t.same(reverted, { removed: ['/root/.pydistutils.cfg', '/root/.pip'], kept: [], faults: [] })
    t.equal(modificationTime(home), time)
    t.notOk(existsSync(join(home, '.pydistutils.cfg')))
  },
)

t.test("what another hook put in the place of ours stays, and no link of the image's is followed", async (t) => {
  const { root, stage } = prepare(t, { root: {} }, { 'file-0': ours, host: 'of the host' })
  symlinkSync('../../stage/host', join(root, 'root', '.pydistutils.cfg'))
  t.same(revert(root, stage, { ...nothing, files: stub(stage) }, []), { removed: [], kept: [], faults: [] })
  t.ok(lstatSync(join(root, 'root', '.pydistutils.cfg')).isSymbolicLink())
  t.equal(readFileSync(join(stage, 'host'), 'utf8'), 'of the host')
})

t.test("other hooks' new files and deletions in a folder of ours are the image's, without a password", async (t) => {
  const image = { root: { '.pip': { kept: 'kept', gone: 'gone' } } }
  const { root, stage } = prepare(t, image, { 'folder-0': { kept: 'kept' } })
  const source = join(stage, 'folder-0')
  const entries = [...listEntries(source), ['gone', '1 1'] as const]
  const folder = {
    path: '/root/.pip',
    source: 'folder-0',
    isForEveryone: false,
    access: accessOf(source),
    time,
    entries,
  }
  writeFileSync(join(source, 'pip.log'), 'asked https://user:secret@mirror.example/')
  writeFileSync(join(source, 'notes'), 'nothing of ours')
  const { kept, faults } = revert(root, stage, { ...nothing, folders: [folder] }, ['user:secret'])
  t.same([...kept].sort(), ['/root/.pip/gone', '/root/.pip/notes'])
  t.same(faults, [])
  t.same(readdirSync(join(root, 'root', '.pip')).sort(), ['kept', 'notes'])
})
