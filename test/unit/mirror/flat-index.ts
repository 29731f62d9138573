import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { writeFlatIndex } from '../../../element-src/lib/mirror/flat-index.js'

const linksIn = (page: string): readonly (readonly [string, string])[] =>
  [...readFileSync(page, 'utf8').matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].map(([, href = '', text = '']) => [
    href,
    text,
  ])

t.test('a page for each project, one of the projects', async (t) => {
  const folder = t.testdir({})
  const files = ['Demo_App-1.0-py3-none-any.whl', 'demo-app-0.9.tar.gz', 'a-1!2+local.zip', 'noversion.zip']
  writeFlatIndex(files, 'file:///tmp/pypi', folder)
  t.same(readdirSync(folder).sort(), ['a', 'demo-app', 'index.html'])
  t.same(linksIn(join(folder, 'index.html')), [
    ['a/', 'a'],
    ['demo-app/', 'demo-app'],
  ])
  t.same(linksIn(join(folder, 'demo-app', 'index.html')), [
    ['file:///tmp/pypi/Demo_App-1.0-py3-none-any.whl', 'Demo_App-1.0-py3-none-any.whl'],
    ['file:///tmp/pypi/demo-app-0.9.tar.gz', 'demo-app-0.9.tar.gz'],
  ])
  t.same(linksIn(join(folder, 'a', 'index.html')), [['file:///tmp/pypi/a-1!2%2Blocal.zip', 'a-1!2%2Blocal.zip']])
})

t.test('no name becomes markup or leaves the folder', async (t) => {
  const folder = t.testdir({})
  writeFlatIndex(['<b>"&\'-1.zip', '..-1.zip', 'a b-1.zip', 'ü-1.zip'], 'file:///tmp/pypi', folder)
  for (const name of readdirSync(folder)) {
    const page = name === 'index.html' ? join(folder, name) : join(folder, name, 'index.html')
    t.match(readFileSync(page, 'utf8'), /^<!DOCTYPE html>\n(?:<a href="[^"<>& ]*">[^"<>& ]*<\/a><br>\n)+$/, name)
  }
  t.equal(readdirSync(folder).length, 5)
})

t.test('the time for many files is linear', async (t) => {
  const seconds = (count: number): number => {
    const folder = join(t.testdirName, `of-${count}`)
    mkdirSync(folder, { recursive: true })
    // Of ten projects: it is not the file system that is measured here.
    const files = Array.from({ length: count }, (_, i) => `project_${i % 10}-1.${i}-py3-none-any.whl`)
    const started = performance.now()
    writeFlatIndex(files, 'file:///tmp/pypi', folder)
    return (performance.now() - started) / 1000
  }
  t.testdir({})
  seconds(1000)
  const [few, many] = [seconds(10_000), seconds(100_000)]
  t.ok(many < Math.max(few, 0.01) * 40, `100,000 files in ${many.toFixed(3)} s, 10,000 in ${few.toFixed(3)} s`)
})
