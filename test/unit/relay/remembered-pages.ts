import t from 'tap'
import { rememberPages } from '../../../element-src/lib/relay/upstream/remembered-pages.js'

const page = (length: number) => ({
  files: Array.from({ length }, (_, i) => ({ name: `x-${i}.tar.gz`, url: `http://127.0.0.1/${i}`, hashes: {} })),
  links: [],
  until: Number.POSITIVE_INFINITY,
  conditions: {},
})

t.test('of pages with many files the last are remembered, 60,000 files in all', async (t) => {
  const pages = rememberPages()
  const large = page(20_000)
  const names = Array.from({ length: 20 }, (_, i) => `project-${i}`)
  for (const name of names) pages.set(name, large)
  t.same(
    names.filter((name) => pages.get(name) !== undefined),
    names.slice(-3),
  )
  pages.set('project-19', page(1))
  pages.set('another', page(19_000))
  t.same(
    [...names, 'another'].filter((name) => pages.get(name) !== undefined),
    ['project-17', 'project-18', 'project-19', 'another'],
    'a page that is read anew counts once',
  )
})

t.test('one page of more files than that is remembered alone', async (t) => {
  const pages = rememberPages()
  pages.set('small', page(1))
  pages.set('huge', page(120_000))
  t.equal(pages.get('small'), undefined)
  t.equal(pages.get('huge')?.files.length, 120_000, 'its files can be asked for')
})
