import t from 'tap'
import { markdownOf, relaySection, terminalOf, withRelaySection } from '../../bench/report.js'
import { tablesOf } from '../../bench/tables.js'
import { sampleRelay, sampleResults } from '../../support/bench/sample-results.js'

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
  t.match(odd, '| a\\|b | 1.0 | 250 |')
})

t.test('the terminal shows the same tables, in columns', async (t) => {
  const shown = terminalOf(sampleResults)
  t.match(shown, /^ {2}never answers +1 +3\.50 +3\.10 +> 120 +15\.4 +3\.00$/m)
  t.match(shown, /^ {2}The hooks cost .* met +1\.75 times: 140 ms against 80 ms; /m)
})

t.test(
  'the page has a section on the relay, with its goals, the load of the machine, and what is missing',
  async (t) => {
    const section = relaySection(sampleRelay)
    t.ok(page.endsWith(section))
    t.match(section, 'was 7.3 when it began and 9.0 when it ended')
    t.match(section, 'Not measured: the index of this machine: no network')
    t.match(section, '### some packages, from near: 69 files, 42 MB')
    t.match(section, '| nothing (direct) | 20.0 | 20.0 | 1.00 | 1.00 |  |  | 3 |')
    t.match(section, '| the relay | 21.0 | 5.00 | 1.05 | 0.25 | 85 | 0.07 | 3 |')
    t.match(section, '| proxpi | 30.0 | 10.0 | 3.00 | 1.00 | 100 | 0.80 | 1 |')
  },
)

t.test('a page that was made before gets a new section on the relay, and keeps the others', async (t) => {
  const other = { ...sampleRelay, missing: ['nothing of it'] }
  t.equal(withRelaySection(page, sampleRelay), page, 'the same')
  t.equal(withRelaySection(page, other), markdownOf({ ...sampleResults, relay: other }, 'bench.svg'), 'at its end')
  t.equal(withRelaySection('# A page\n', other), `# A page\n\n${relaySection(other)}`, 'where there was none')
  const between = `# A page\n\n${relaySection(sampleRelay)}\n## Another\n\nText.\n`
  t.equal(withRelaySection(between, other), `# A page\n\n${relaySection(other)}\n## Another\n\nText.\n`, 'between')
})
