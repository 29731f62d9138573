import { execFileSync } from 'node:child_process'
import t from 'tap'
import {
  fileNameIn,
  isDistribution,
  looksLikeDistribution,
  projectsOf,
} from '../../../element-src/lib/index/distribution-file.js'

t.test('each project that a file can be of is told by its name', async (t) => {
  const projects: Readonly<Record<string, readonly string[]>> = {
    'Demo_App-1.0-py3-none-any.whl': ['demo-app'],
    'zope.interface-6.0-1-cp311-cp311-manylinux_2_17_x86_64.whl': ['zope-interface'],
    'demo_app-1.0.tar.gz': ['demo-app'],
    'old-style-name-1.0b2.zip': ['old-style-name'],
    'pytz-2004b-1.tar.bz2': ['pytz', 'pytz-2004b'],
    'python-3-thing-v2.tgz': ['python', 'python-3-thing'],
    'thing-dev.tar.gz': ['thing'],
    'A..b__c--d-1.tar.gz': ['a-b-c-d'],
    'Demo_App-1.0-py2.7.egg': ['demo-app'],
    'noversion.zip': [],
    '-1.0.zip': [],
  }
  for (const [file, expected] of Object.entries(projects)) t.same(projectsOf(file), expected, file)
})

t.test('a distribution is told from other files by its name', async (t) => {
  for (const name of ['a-1-py3-none-any.whl', 'a-1.tar.gz', 'A-1.ZIP', 'a-1.egg', 'a-1.tar.xz'])
    t.ok(isDistribution(name), name)
  for (const name of [
    'index.html',
    'a-1.whl.metadata',
    '.a-1.zip',
    'a-1.whl.part',
    'requirements.txt',
    'whl',
    'a.gz',
    'archive.tar.bz2',
    'notes.zip',
  ]) {
    t.notOk(isDistribution(name), name)
  }
})

t.test('the name of a file is one that a folder can hold, in that folder', async (t) => {
  t.equal(fileNameIn('https://h.example/files%2Fa-1.zip'), 'a-1.zip')
  t.equal(fileNameIn('https://h.example/other', 'a-1.zip'), 'a-1.zip', 'by what the index tells')
  for (const name of [
    'x/../../a-1.zip',
    'a-1/../b-1.zip',
    'a\\b-1.zip',
    'a\0-1.zip',
    'a\n-1.zip',
    `a-${'1'.repeat(250)}.zip`,
  ])
    t.equal(fileNameIn('https://h.example/x', name), undefined, name)
})

t.test('the first bytes tell a distribution from an answer that is none', async (t) => {
  const folder = t.testdir({ a: 'content' })
  const made = (command: string): Buffer => execFileSync('sh', ['-c', command], { cwd: folder })
  const tar = made('tar c a')
  for (const [what, bytes] of Object.entries({
    tar,
    'tar of 1979': made('tar c --format=v7 a'),
    gzip: made('tar c a | gzip'),
    bzip2: Buffer.from('BZh91AY'),
    xz: Buffer.from('fd377a585a00', 'hex'),
    zip: made(`python3 -c "import zipfile; zipfile.ZipFile('z.zip', 'w').writestr('a', 'b')" && cat z.zip`),
    'empty zip': Buffer.from('504b0506', 'hex'),
  }))
    t.ok(looksLikeDistribution(bytes.subarray(0, 512)), what)
  for (const text of [
    '',
    '<!DOCTYPE html><title>404</title>',
    '{"error":"not found"}',
    ' '.repeat(600),
    tar.toString('latin1', 0, 511),
  ])
    t.notOk(looksLikeDistribution(Buffer.from(text)), text)
})
