import t from 'tap'
import { mirrorsOfVariables } from '../../../element-src/lib/settings/place-indexes.js'

const order = (environment: Record<string, string>) => mirrorsOfVariables(environment).indexes.map(({ url }) => url)

t.test('mirrors are in plain string order of their variables', async (t) => {
  t.same(
    order({
      DIB_PYPI_MIRROR_URL_2: 'http://two',
      DIB_PYPI_MIRROR_URL_10: 'http://ten',
      PYPI_MIRROR_URL_0: 'http://old-zero',
      DIB_PYPI_MIRROR_URL_B: 'http://b',
      DIB_PYPI_MIRROR_URL_a: 'http://small-a',
      DIB_PYPI_MIRROR_URL: 'http://bare',
      PYPI_MIRROR_URL: 'http://old',
    }),
    ['http://bare', 'http://ten', 'http://two', 'http://b', 'http://small-a', 'http://old', 'http://old-zero'],
  )
})

t.test('empty ones are skipped, and a suffixed one counts without the bare one', async (t) => {
  t.same(order({ DIB_PYPI_MIRROR_URL: '', DIB_PYPI_MIRROR_URL_1: 'http://one', PYPI_MIRROR_URL: '' }), ['http://one'])
  t.same(order({}), [])
})

t.test('the user is told of names that are deprecated and of an order that surprises', async (t) => {
  const old = mirrorsOfVariables({ PYPI_MIRROR_URL: 'http://old', PYPI_MIRROR_URL_1: 'http://older' }).warnings
  t.same(old, [
    'PYPI_MIRROR_URL, PYPI_MIRROR_URL_1: the name PYPI_MIRROR_URL is deprecated, use DIB_PYPI_MIRROR_URL instead',
  ])
  const nine = Object.fromEntries(Array.from({ length: 9 }, (_, i) => [`DIB_PYPI_MIRROR_URL_${i + 1}`, 'http://x']))
  t.same(mirrorsOfVariables(nine).warnings, [], 'nine are in number order')
  const [note] = mirrorsOfVariables({ ...nine, DIB_PYPI_MIRROR_URL_10: 'http://ten' }).warnings
  t.match(note, /not as numbers: DIB_PYPI_MIRROR_URL_1, DIB_PYPI_MIRROR_URL_10, DIB_PYPI_MIRROR_URL_2, /)
  t.same(
    mirrorsOfVariables({ ...nine, DIB_PYPI_MIRROR_URL_10: '' }).warnings,
    [],
    'an empty one has no place in the order',
  )
})
