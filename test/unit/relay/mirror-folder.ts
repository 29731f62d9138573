import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs, {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import t from 'tap'
import { openFolder } from '../../../element-src/lib/index/folder.js'
import { readSums } from '../../../element-src/lib/index/folder-records.js'
import type { PageFile } from '../../../element-src/lib/index/page.js'
import { openMirrorFolder } from '../../../element-src/lib/relay/store/mirror-folder.js'
import { appendLines, newRecords } from '../../../element-src/lib/relay/store/write-records.js'
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
  const warnings: string[] = []
  const warn = (line: string): void => void warnings.push(line)
  const removing: Promise<void>[] = []
  const mirror = openMirrorFolder(folder, { info: warn, warn, once: warn, fail: warn })
  const keep = async (file: string, content: string, more?: PageFile): Promise<boolean | undefined> => {
    const temporary = mirror.newFile()
    await temporary?.write(Buffer.from(content), 0)
    const isKept = temporary && (await mirror.keep(temporary, file, sha256(content), more))
    if (temporary !== undefined) removing.push(temporary.remove())
    return isKept
  }
  const flush = async (): Promise<void> => {
    await mirror.flush()
    await Promise.all(removing)
  }
  return { ...mirror, keep, flush, warnings }
}

t.test('a file is kept with its hash and with what its page said; one of its name stays', async (t) => {
  const folder = t.testdir({})
  const store = open(folder)
  for (const content of ['x', 'x']) t.equal(await store.keep(name, content, described), true)
  t.equal(await store.keep(name, 'y', described), false)
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
  t.match(openFolder(folder, '').files('demo'), [
    { requiresPython: '>=3.9', yanked: 'bad', uploadTime: '2024-01-02T03:04:05Z' },
  ])
  t.match(await store.find({ ...described, hashes: { sha256: sha256('x') } }, undefined), { size: 1 })
  t.equal(await store.find(described, undefined), undefined)
  t.equal(await store.find({ ...described, hashes: { sha256: sha256('y') } }, undefined), undefined)
  t.match(store.keptLine(), 'kept 1 new file, 1 KB,')
  t.match(store.warnings, [/ is another file than the demo-1\.0\.zip that the build downloaded/])
  t.equal(store.warnings.length, 1)
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
  t.equal(await store.keep(name, 'x', described), false)
  t.equal(readFileSync(join(folder, name), 'utf8'), 'other')
})

t.test('a killed build loses nothing: what it kept and did not hash is hashed by the next', async (t) => {
  const folder = t.testdir({ 'own-1.0.zip': 'own' })
  const first = open(folder)
  await first.keep(name, 'x', described)
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
    [stores[i % 3], stores[(i + 1) % 3]].map((store) => store?.keep(file, file, { ...described, name: file })),
  )
  t.ok((await Promise.all(all)).every(Boolean))
  const kept = stores.map((store) => Number(/^kept (\d+) /.exec(store.keptLine() ?? '')?.[1]))
  t.equal(
    kept.reduce((sum, count) => sum + count),
    30,
    'each is kept by one of them',
  )
  await Promise.all(stores.map((store) => store.flush()))
  t.equal(check(folder).match(/: OK$/gm)?.length, 30)
  t.match(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), /^# mine\n/)
  t.equal(
    openFolder(folder, '')
      .files('demo')
      .filter(({ yanked }) => yanked === 'bad').length,
    30,
  )
})

t.test('hashes that come while others are written are written as well, however long that goes on', async (t) => {
  const folder = t.testdir({})
  const records = newRecords(folder, (error) => t.error(error))
  const add = (i: number): void => records.addSum(`demo-1.${i}.zip`, sha256(`${i}`))
  const { fsync } = fs
  t.teardown(() => {
    fs.fsync = fsync
    syncBuiltinESMExports()
  })
  let count = 1
  fs.fsync = ((descriptor, done) => {
    if (count < 15) add(count)
    count += 1
    fsync(descriptor, done)
  }) as typeof fsync
  syncBuiltinESMExports()
  add(0)
  await records.flush()
  t.equal(readSums(folder).hashes.size, 15)
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
    t.equal(await store.keep(name, 'x', described), true)
    t.equal(await store.keep(name, 'y', described), false)
    await store.flush()
    t.equal(readFileSync(join(folder, name), 'utf8'), 'x')
    t.equal(check(folder), `${name}: OK\n`)
  },
)

t.test("lines are added, and no byte of the user's is changed, at any instant", async (t) => {
  const text = `\ufeff# mine\r\nodd line\r\n${sha256('a')} *./a-1.zip`
  const folder = t.testdir({ SHA256SUMS: text })
  const line = (i: number): string => `${sha256(`${i}`)}  x-1.${i}.zip`
  // Another program adds lines at the same time.
  const { ino } = statSync(join(folder, 'SHA256SUMS'))
  const flushing: Promise<void>[] = []
  for (let i = 0; i < 5; i += 1) {
    flushing.push(appendLines(folder, 'SHA256SUMS', [line(2 * i)]))
    appendFileSync(join(folder, 'SHA256SUMS'), `${line(2 * i + 1)}\n`)
  }
  await Promise.all(flushing)
  const expected = `${text}\n${Array.from({ length: 10 }, (_, i) => `${line(i)}\n`).join('')}`
  t.equal(readFileSync(join(folder, 'SHA256SUMS'), 'utf8'), expected)
  t.equal(statSync(join(folder, 'SHA256SUMS')).ino, ino, 'it is the same file')
})

t.test('lines are added to no file outside of the folder to which a link leads', async (t) => {
  const folder = t.testdir({ other: 'as it was\n', mirror: {} })
  symlinkSync('../other', join(folder, 'mirror', 'SHA256SUMS'))
  await t.rejects(appendLines(join(folder, 'mirror'), 'SHA256SUMS', ['x']), {
    message: 'SHA256SUMS is a symbolic link: replace it with a file',
  })
  t.equal(readFileSync(join(folder, 'other'), 'utf8'), 'as it was\n')
})
