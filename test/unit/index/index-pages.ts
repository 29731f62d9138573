import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { flatLinks } from '../../../element-src/lib/index/flat-links.js'
import { writeIndex } from '../../../element-src/lib/index/index-pages.js'

t.test('a page for each project, one of the projects', async (t) => {
  const folder = t.testdir({})
  writeIndex(
    [
      { project: 'b', file: 'b-1.zip', href: 'file:///x/b-1.zip#sha256=0' },
      { project: 'b', file: 'b-1.zip', href: 'file:///y/b-1.zip' },
      { project: 'a', file: 'a-1.whl', href: 'file:///x/a-1.whl', attributes: { 'data-requires-python': '>3 & <4"' } },
    ],
    folder,
  )
  const read = (name: string) => readFileSync(join(folder, name, 'index.html'), 'utf8')
  t.equal(read('.'), '<!DOCTYPE html>\n<a href="a/">a</a><br>\n<a href="b/">b</a><br>\n')
  t.equal(
    read('a'),
    '<!DOCTYPE html>\n<a href="file:///x/a-1.whl" data-requires-python="&gt;3 &amp; &lt;4&quot;">a-1.whl</a><br>\n',
  )
  t.equal(read('b'), '<!DOCTYPE html>\n<a href="file:///x/b-1.zip#sha256=0">b-1.zip</a><br>\n', 'the first counts')
})

t.test('no name becomes markup, leaves the folder or is too long for one', async (t) => {
  const folder = t.testdir({})
  const long = `${'İ'.repeat(120)}-1.zip`
  const files = ['<b>"&\'-1.zip', '..-1.zip', 'a b-1.zip', 'ü-1.zip', long]
  writeIndex(flatLinks(folder, files, 'file:///tmp/pypi'), folder)
  for (const name of readdirSync(folder)) {
    const page = name === 'index.html' ? join(folder, name) : join(folder, name, 'index.html')
    t.match(readFileSync(page, 'utf8'), /^<!DOCTYPE html>\n(?:<a href="[^"<>& ]*">[^"<>& ]*<\/a><br>\n)+$/, name)
  }
  t.equal(readdirSync(folder).length, 5)
})

t.test('every one of 100,000 files is listed', async (t) => {
  const seconds = (count: number): number => {
    const folder = join(t.testdirName, `of-${count}`)
    mkdirSync(folder, { recursive: true })
    // Of ten projects: it is not the file system that is measured here.
    const files = Array.from({ length: count }, (_, i) => `project_${i % 10}-1.${i}-py3-none-any.whl`)
    const started = performance.now()
    writeIndex(flatLinks(folder, files, 'file:///tmp/pypi'), folder)
    return (performance.now() - started) / 1000
  }
  t.testdir({})
  seconds(1000)
  t.comment(`10,000 files in ${seconds(10_000).toFixed(3)} s, 100,000 in ${seconds(100_000).toFixed(3)} s`)
  t.equal(readFileSync(join(t.testdirName, 'of-100000', 'project-0', 'index.html'), 'utf8').split('\n').length, 10_002)
})
