import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { openFolder, writePages } from '../../../element-src/lib/index/folder.js'

const wheel = 'Demo_App-1.0-py3-none-any.whl'
const url = 'file:///tmp/pypi'
const open = (mirror: string, below = '') => openFolder(mirror, below)
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

t.test('each file is one of its project', async (t) => {
  const folder = open(t.testdir({ [wheel]: '', 'demo-app-0.9.tar.gz': '', 'a-1!2+local.zip': '', 'noversion.zip': '' }))
  t.same(folder.projects(), ['a', 'demo-app'])
  t.same(
    folder
      .files('demo-app')
      .map((file) => file.url)
      .sort(),
    [`${url}/${wheel}`, `${url}/demo-app-0.9.tar.gz`],
  )
  t.match(folder.files('a'), [{ name: 'a-1!2+local.zip', url: `${url}/a-1!2%2Blocal.zip`, hashes: {} }])
})

t.test('hashes are those that sha256sum wrote, and metadata is what lies beside a wheel', async (t) => {
  const metadata = 'Metadata-Version: 2.1\nName: demo\nrequires-python:  >=3.8,<4 \n\nRequires-Python: not this\n'
  const mirror = t.testdir({ [wheel]: 'x', [`${wheel}.metadata`]: metadata, 'b-1.zip': 'y' })
  const first = (): unknown => open(mirror).files('demo-app')[0]
  t.match(first(), { requiresPython: '>=3.8,<4', coreMetadata: true })
  t.equal(open(mirror).files('b')[0]?.coreMetadata, undefined, 'nothing is said of metadata that is not there')
  symlinkSync('/etc/hostname', join(mirror, 'b-1.zip.metadata'))
  t.equal(open(mirror).files('b')[0]?.coreMetadata, undefined, 'nor of metadata that the image cannot see')
  rmSync(join(mirror, 'b-1.zip.metadata'))
  for (const option of ['', '--binary', '--tag']) {
    execFileSync('sh', ['-c', `sha256sum ${option} *.whl *.metadata *.zip >SHA256SUMS`], { cwd: mirror })
    t.match(first(), { hashes: { sha256: sha256('x') }, coreMetadata: { sha256: sha256(metadata) } })
    t.match(open(mirror).files('b'), [{ hashes: { sha256: sha256('y') } }])
  }
  rmSync(join(mirror, 'SHA256SUMS'))
  execFileSync('mkfifo', [join(mirror, 'SHA256SUMS')])
  t.match(first(), { hashes: {} }, 'what is not a regular file is not waited for')
})

t.test('what an index said of a file goes with it, unless another file has taken its place', async (t) => {
  const line = (name: string, content: string, more: object) =>
    `${JSON.stringify({ filename: name, hashes: { sha256: sha256(content) }, ...more })}\n`
  const mirror = t.testdir({
    'a-1.zip': 'x',
    'a-2.zip': 'y',
    SHA256SUMS: `${sha256('x')}  a-1.zip\n${sha256('other')}  a-2.zip\n`,
    'pypi-files.jsonl':
      line('a-1.zip', 'x', { yanked: false }) +
      line('a-1.zip', 'x', { 'requires-python': '>=3.9', yanked: 'bad', 'upload-time': '2024-01-02T03:04:05Z' }) +
      line('a-2.zip', 'y', { yanked: true }) +
      '{"filename":"a-1.z',
  })
  const files = open(mirror).files('a')
  t.match(
    files.find(({ name }) => name === 'a-1.zip'),
    { requiresPython: '>=3.9', yanked: 'bad', uploadTime: '2024-01-02T03:04:05Z' },
  )
  t.notOk(files.find(({ name }) => name === 'a-2.zip')?.yanked)
})

t.test('lines of SHA256SUMS that are not understood are named, once', async (t) => {
  const warnings = new Set<string>()
  const mirror = t.testdir({
    'a-1.zip': 'x',
    SHA256SUMS: `# of 2024\n\nfe  a-1.zip\n${sha256('x')} *./a-1.zip\r\noops\n`,
  })
  const folder = openFolder(mirror, '', warnings)
  t.match(folder.files('a'), [{ hashes: { sha256: sha256('x') } }])
  writeFileSync(join(mirror, 'b-1.zip'), '')
  t.equal(folder.files('b').length, 1, 'a folder that changed is read again')
  appendFileSync(join(mirror, 'SHA256SUMS'), `${sha256('')}  b-1.zip\n`)
  t.match(folder.files('b'), [{ hashes: { sha256: sha256('') } }], 'and so is one whose hashes did')
  t.same(
    [...warnings],
    [
      `${join(mirror, 'SHA256SUMS')} is not understood in lines 3, 5: write it by sha256sum; the files there are not verified`,
    ],
  )
})

t.test('links are followed from where the image has the mirror, and each metadata must be there', async (t) => {
  const page = (...links: string[]) => links.map((link) => `<a href="${link}" data-core-metadata="true">x</a>`).join('')
  const top = t.testdir({
    'out-1.zip': '',
    mirror: {
      pool: { 'x-1.zip': '', 'x-2.zip': '', 'x-2.zip.metadata': '' },
      deb: {
        x: {
          'index.html': page(
            '../../pool/x-1.zip',
            `${url}/pool/x-2.zip`,
            '../../../out-1.zip',
            'file:///etc/x-3.zip',
            'https://h.example/x-4.zip',
            'x-5.zip',
            '../x-6.zip',
          ),
        },
        bare: { 'bare-1.zip': '', 'other-1.zip': '' },
      },
    },
  })
  const mirror = join(top, 'mirror')
  const links = {
    'deb/in-1.zip': '/tmp/pypi/pool/x-1.zip',
    'deb/out-1.zip': join(top, 'out-1.zip'),
    'deb/gone-1.zip': 'none',
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(mirror, path))
  execFileSync(
    'mkfifo',
    ['fifo-1.zip', 'x-6.zip'].map((name) => join(mirror, 'deb', name)),
  )
  const folder = open(mirror, 'deb')
  t.same(
    folder.files('x').map((file) => [file.url, file.coreMetadata]),
    [
      [`${url}/pool/x-1.zip`, undefined],
      [`${url}/pool/x-2.zip`, true],
      ['https://h.example/x-4.zip', true],
    ],
  )
  t.match(folder.files('bare'), [{ url: `${url}/deb/bare/bare-1.zip` }], 'a folder without a page')
  t.equal(folder.files('in').length, 1)
  for (const project of ['out', 'gone', 'fifo', 'other', 'none']) t.same(folder.files(project), [], project)
})

t.test('an index that is made has a page for each project; no name becomes markup or leaves the folder', async (t) => {
  const mirror = t.testdir({ mirror: {}, index: {} })
  const names = [
    '<b>"&\'-1.zip',
    '..-1.zip',
    'a b-1.zip',
    'ü-1.zip',
    `${'İ'.repeat(120)}-1.zip`,
    'many-1.0.zip',
    'many-2.0.zip',
  ]
  for (const name of names) writeFileSync(join(mirror, 'mirror', name), '')
  mkdirSync(join(mirror, 'mirror', 'empty'))
  const index = join(mirror, 'index')
  writePages(open(join(mirror, 'mirror')), index)
  for (const name of readdirSync(index)) {
    const page = readFileSync(name === 'index.html' ? join(index, name) : join(index, name, 'index.html'), 'utf8')
    t.match(page, /^<!DOCTYPE html>\n<title>[^<>]*<\/title>\n(?:<a href="[^"<> ]*">[^"<>]*<\/a><br>\n)+$/, name)
  }
  t.equal(readdirSync(index).length, 5)
  t.equal(readFileSync(join(index, 'many', 'index.html'), 'utf8').match(/<a /g)?.length, 2)
})
