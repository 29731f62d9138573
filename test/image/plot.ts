import { execFileSync } from 'node:child_process'
import t from 'tap'
import { plotOf } from '../bench/plot.js'
import { sampleResults } from '../support/bench/sample-results.js'

t.test('the plot is well-formed XML that loads nothing, with each panel and label', async (t) => {
  const svg = plotOf(sampleResults)
  const code = `import sys, xml.etree.ElementTree as tree
for element in tree.fromstring(sys.stdin.read()).iter('{http://www.w3.org/2000/svg}text'):
    print(element.text)`
  const texts = execFileSync('python3', ['-c', code], { input: svg, encoding: 'utf8' }).split('\n')
  for (const text of ['Hooks, milliseconds', 'silent first, 1', '> 120', '15.4', 'pip, flat']) {
    t.ok(texts.includes(text), text)
  }
  t.notMatch(svg, /<image|<script|href=/)
})
