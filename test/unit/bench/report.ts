import t from 'tap'
import { markdownOf, terminalOf } from '../../bench/report.js'
import { tablesOf } from '../../bench/tables.js'
import { sampleResults } from '../../support/bench/sample-results.js'

const page = markdownOf(sampleResults, 'bench.svg')

t.test('every row of a table has a cell for each column', async (t) => {
  for (const { title, head, rows } of tablesOf(sampleResults)) {
    t.ok(rows.length > 0, title)
    for (const row of rows) t.equal(row.length, head.length, `${title}: ${row[0]}`)
  }
})

t.test('the page shows what was measured, bounds and faults as such', async (t) => {
  t.match(page, '| never answers | 1 | 3.50 | 3.10 | > 120 | 15.4 | 3.00 |')
  t.match(page, '| 10 | pip | 0.44 | 0.40 | 1.10 | not possible |')
  t.match(page, "Not possible: pip, 10, tree, dib's: error: | no index")
  t.match(page, '| 00-mount | 30 | 5 | 5 | 20 | 60 |')
  t.match(page, 'pip 23.0.1')
  t.match(page, '![The costs as a plot](bench.svg)')
})

t.test('a cell cannot end its column', async (t) => {
  const odd = markdownOf({ ...sampleResults, bundles: { 'a|b': 1024 } }, 'bench.svg')
  t.match(odd, '| a\\|b | 1.0 |')
})

t.test('the terminal shows the same tables, in columns', async (t) => {
  const shown = terminalOf(sampleResults)
  t.match(shown, /^ {2}never answers +1 +3\.50 +3\.10 +> 120 +15\.4 +3\.00$/m)
  t.match(shown, /^ {2}The hooks cost .* met +1\.75 times: 140 ms against 80 ms; /m)
})
