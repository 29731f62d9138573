import { execFileSync } from 'node:child_process'
import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findInMirror } from '../../../element-src/lib/index/local-url.js'

t.test('links are followed from where the image has the mirror', async (t) => {
  const folder = t.testdir({ mirror: { pool: { a: '' }, sub: {} }, elsewhere: { a: '' } })
  const mirror = join(folder, 'mirror')
  execFileSync('mkfifo', [join(mirror, 'fifo')])
  const links: Readonly<Record<string, string>> = {
    inside: 'pool/a',
    'sub/up': '../pool/a',
    absolute: '/tmp/pypi/pool/a',
    again: '../pypi/pool/a',
    ours: join(mirror, 'pool', 'a'),
    climbing: '../elsewhere/a',
    out: '../elsewhere',
    'through-out': 'out/a',
    loop: 'loop',
    dangling: 'none',
    chain: 'sub/up',
  }
  for (const [path, target] of Object.entries(links)) symlinkSync(target, join(mirror, path))
  const expected: Readonly<Record<string, string>> = {
    'pool/a': 'file',
    pool: 'folder',
    '': 'folder',
    inside: 'file',
    'sub/up': 'file',
    absolute: 'file',
    again: 'file',
    chain: 'file',
    ours: 'outside',
    climbing: 'outside',
    out: 'outside',
    'out/a': 'outside',
    'through-out': 'outside',
    loop: 'missing',
    dangling: 'missing',
    'none/a': 'missing',
    'pool/a/b': 'missing',
    fifo: 'special',
  }
  for (const [path, found] of Object.entries(expected)) t.equal(findInMirror(mirror, path), found, path)
})
