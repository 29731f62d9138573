import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import t from 'tap'
import { bytesAt, namesIn, textAt } from '../../../element-src/lib/base/files.js'

t.test('what is not a file that can be read has no text, and no pipe is waited for', async (t) => {
  const folder = t.testdir({ file: 'ü', link: t.fixture('symlink', 'file'), loop: t.fixture('symlink', 'loop') })
  execFileSync('mkfifo', [join(folder, 'pipe')])
  for (const name of ['', 'pipe', 'loop', 'nowhere', 'file/deeper', 'x'.repeat(300)])
    t.equal(textAt(join(folder, name)), undefined, name)
  t.same(namesIn(join(folder, 'file')), [])
  t.same([...namesIn(folder)].sort(), ['file', 'link', 'loop', 'pipe'])
  t.equal(textAt(join(folder, 'link')), '\u00c3\u00bc', 'a character a byte')
  t.equal(textAt(join(folder, 'link'), 'utf8'), 'ü')
  t.same(bytesAt(join(folder, 'file')), Buffer.from('ü'))
})
