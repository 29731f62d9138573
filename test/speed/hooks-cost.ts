import t from 'tap'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'
import { measureHooks } from '../support/observation/hooks-cost.js'
import { sum } from '../support/observation/median.js'

needsRoot(t)

t.test('the hooks cost at most twice as many bare starts of Node.js as there are hooks', async (t) => {
  const { ours, bare } = await measureHooks(scratchFolder(t), { rounds: 5, withDibs: false })
  const ratio = sum(ours) / sum(bare)
  const milliseconds = (values: readonly number[]): string =>
    values.map((value) => Math.round(value * 1000)).join(' + ')
  const measured = `${milliseconds(ours)} ms for ours, ${milliseconds(bare)} ms for bare starts: ${ratio.toFixed(2)} times`
  t.comment(measured)
  t.ok(ratio <= 2, measured)
})
