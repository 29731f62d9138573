import {
  appendFileSync,
  chmodSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
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

t.test(
  "a file of the image's own that cannot be read stays as it is, and is said",
  { skip: process.getuid?.() !== 0 && 'needs root' },
  (t) => {
    const root = mkdtempSync('/tmp/pypi-test-')
    const own = join(root, '.pydistutils.cfg')
    writeFileSync(own, '[easy_install]\nzip_ok = 1\n', { mode: 0 })
    writeFileSync(join(root, 'file-0'), ours)
    chmodSync(root, 0o777)
    t.teardown(() => {
      process.seteuid?.(0)
      rmSync(root, { recursive: true })
    })
    process.seteuid?.(65534)
    const files = stub(root).map((file) => ({
      ...file,
      path: '/.pydistutils.cfg',
      own: '[easy_install]\nzip_ok = 1\n',
    }))
    const { removed, faults } = revert(root, root, { ...nothing, files }, [])
    t.ok(existsSync(own))
    t.same(removed, [])
    t.match(faults, [/^EACCES: .*\.pydistutils\.cfg/])
    t.end()
  },
)

t.test(
  "what uv's own file in the image says, which followed ours, is not taken for a change, wherever its folder is",
  (t) => {
    for (const target of ['uv-of-image', '/etc/uv-of-image']) {
      const own = 'offline = true\n'
      const files = { 'folder-0': { 'uv.toml': 'index-url = "http://127.0.0.1:1"\n' } }
      const { root, stage } = prepare(t, { etc: { 'uv-of-image': { 'uv.toml': own }, xdg: { uv: {} } } }, files)
      symlinkSync(target, join(root, 'etc', 'uv'))
      const [source, content] = [join(stage, 'folder-0'), files['folder-0']['uv.toml']]
      const common = { isForEveryone: true, access: accessOf(source) }
      const folder = { ...common, path: '/etc/xdg/uv', source: 'folder-0', time, entries: listEntries(source) }
      const access = accessOf(join(source, 'uv.toml'))
      const file = { ...common, path: '/etc/xdg/uv/uv.toml', format: 'uv' as const, content, own: undefined, access }
      appendFileSync(join(source, 'uv.toml'), own)
      const applied = { ...nothing, folders: [folder], files: [{ ...file, source: 'folder-0/uv.toml', beside: [] }] }
      t.same(revert(root, stage, applied, []), { removed: [], kept: [], faults: [] }, target)
      t.same(readdirSync(join(root, 'etc', 'xdg', 'uv')), [], target)
    }
    t.end()
  },
)

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
