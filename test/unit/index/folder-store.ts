import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs, {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { openFolder } from '../../../element-src/lib/index/folder.js'
import { openFolderStore } from '../../../element-src/lib/index/folder-store.js'
import type { PageFile } from '../../../element-src/lib/index/page.js'
import { scratchFolder } from '../../support/builds/scratch.js'

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const name = 'demo-1.0.zip'
const described: PageFile = {
  name,
  url: 'https://u:p@h.example/demo-1.0.zip',
  hashes: {},
  requiresPython: '>=3.9',
  yanked: 'bad',
  uploadTime: '2024-01-02T03:04:05Z',
}
const check = (folder: string): string =>
  execFileSync('sha256sum', ['--strict', '-c', 'SHA256SUMS'], { cwd: folder, encoding: 'utf8' })

const open = (folder: string) => {
  const errors: unknown[] = []
  const store = openFolderStore(folder, (error) => errors.push(error))
  const put = (file: string, content: string, more?: PageFile) => {
    const path = store.newPath()
    writeFileSync(path, content)
    return store.put(path, file, sha256(content), more)
  }
  return { ...store, put, errors }
}

t.test('a file is kept with its hash and with what its page said; one of its name stays', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  t.equal(await store.put(name, 'x', described), 'kept')
  t.equal(await store.put(name, 'x', described), 'there')
  t.equal(await store.put(name, 'y', described), 'other')
  await store.flush()
  t.equal(readFileSync(join(folder, name), 'utf8'), 'x')
  t.equal(statSync(join(folder, name)).mode & 0o777, 0o666 & ~process.umask(), 'every user can read it')
  t.equal(check(folder), `${name}: OK\n`)
  const facts = readFileSync(join(folder, 'pypi-files.jsonl'), 'utf8')
  t.same(
    JSON.parse(facts),
    {
      filename: name,
      hashes: { sha256: sha256('x') },
      'requires-python': '>=3.9',
      yanked: 'bad',
      'upload-time': '2024-01-02T03:04:05Z',
    },
    'and not where it came from',
  )
  t.match(openFolder(folder, '', t.fail).files('demo'), [
    { requiresPython: '>=3.9', yanked: 'bad', uploadTime: '2024-01-02T03:04:05Z' },
  ])
  t.match(await store.find({ ...described, hashes: { sha256: sha256('x') } }, undefined), { size: 1 })
  t.equal(await store.find(described, undefined), undefined)
  t.equal(await store.find({ ...described, hashes: { sha256: sha256('y') } }, undefined), undefined)
  t.same(store.errors, [])
})

t.test('a file that another machine puts there at the same moment stays', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  const { linkSync } = fs
  t.teardown(() => {
    fs.linkSync = linkSync
    syncBuiltinESMExports()
  })
  fs.linkSync = (from, to) => {
    writeFileSync(to, 'other')
    linkSync(from, to)
  }
  syncBuiltinESMExports()
  t.equal(await store.put(name, 'x', described), 'other')
  t.equal(readFileSync(join(folder, name), 'utf8'), 'other')
})

t.test('a killed build loses nothing: what it kept and did not hash is hashed by the next', async (t) => {
  const folder = t.testdir({ 'own-1.0.zip': 'own' })
  const first = open(folder)
  await first.put(name, 'x', described)
  // Hashes are written a moment later.
  t.notOk(existsSync(join(folder, 'SHA256SUMS')))
  await first.flush()
  rmSync(join(folder, 'SHA256SUMS'))
  writeFileSync(join(folder, `${name}.metadata`), 'Name: demo')
  writeFileSync(join(folder, 'demo-2.0.zip'), 'of another origin')
  const line = { filename: 'demo-2.0.zip', hashes: { sha256: sha256('x') } }
  writeFileSync(join(folder, 'pypi-files.jsonl'), `${JSON.stringify(line)}\n`, { flag: 'a' })
  const second = open(folder)
  await second.flush()
  const sums = readFileSync(join(folder, 'SHA256SUMS'), 'utf8')
  t.match(sums, `${sha256('x')}  ${name}\n`)
  t.match(sums, `${sha256('Name: demo')}  ${name}.metadata\n`)
  t.notMatch(sums, 'demo-2.0', 'a file that is not what was kept gets no hash')
  t.notMatch(sums, 'own', "the user's own files are none of ours")
})

t.test('what is on its way is left alone, and what a killed build left goes after a day', async (t) => {
  const folder = t.testdir({ '.pypi-relay-old': 'x', '.pypi-relay-7': 'another process writes it', '.other': 'x' })
  utimesSync(join(folder, '.pypi-relay-old'), 1, 1)
  utimesSync(join(folder, '.other'), 1, 1)
  await open(folder).flush()
  t.same(readdirSync(folder).sort(), ['.other', '.pypi-relay-7'])
})

t.test('builds that fill one folder at once wait for no lock, whatever process numbers are', async (t) => {
  const folder = t.testdir({ '.SHA256SUMS.lock': String(process.pid), SHA256SUMS: '# mine' })
  const stores = [open(folder), open(folder), open(folder)]
  const files = Array.from({ length: 30 }, (_, i) => `demo-1.${i}.zip`)
  const all = files.flatMap((file, i) =>
    [stores[i % 3], stores[(i + 1) % 3]].map((store) => store?.put(file, file, { ...described, name: file })),
  )
  const done = await Promise.all(all)
  t.equal(done.filter((result) => result === 'kept').length, 30)
  await Promise.all(stores.map((store) => store.flush()))
  t.equal(check(folder).match(/: OK$/gm)?.length, 30)
  t.match(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), /^# mine\n/)
  t.equal(
    openFolder(folder, '', t.fail)
      .files('demo')
      .filter(({ yanked }) => yanked === 'bad').length,
    30,
  )
})

t.test(
  'on a file system without hard links, files are kept as well',
  { skip: process.getuid?.() !== 0 && 'needs root' },
  async (t) => {
    const scratch = scratchFolder(t)
    const [image, folder] = [join(scratch, 'vfat'), join(scratch, 'mounted')]
    mkdirSync(folder)
    try {
      execFileSync('sh', ['-c', `truncate -s 8M ${image} && mkfs.vfat ${image} && mount -o loop ${image} ${folder}`], {
        stdio: 'ignore',
      })
    } catch {
      t.pass('this machine cannot mount one')
      return
    }
    t.teardown(() => execFileSync('umount', [folder]))
    const store = open(folder)
    t.equal(await store.put(name, 'x', described), 'kept')
    t.equal(await store.put(name, 'y', described), 'other')
    await store.flush()
    t.equal(readFileSync(join(folder, name), 'utf8'), 'x')
    t.equal(check(folder), `${name}: OK\n`)
  },
)
