import t from 'tap'
import { chooseReachable, type Probed } from '../../../element-src/lib/probe/reachable.js'
import { indexAt } from '../../../element-src/lib/settings/index-list.js'

const probed = (state: Probed['state'], name: string, isOfficial = false): Probed => ({
  index: { ...indexAt(`http://user:secret@${name}/simple`), isOfficial },
  state,
  reason: `it is ${state}`,
  milliseconds: 7,
})
const up = probed('up', 'up.example')
const refuses = probed('refuses', 'refuses.example')
const down = probed('down', 'down.example')

const hosts = (all: readonly Probed[], unreachable: 'drop' | 'keep' | 'fail'): readonly string[] =>
  chooseReachable(all, unreachable).map(({ url }) => new URL(url).host)

t.test('drop: what is down goes while another is left', async (t) => {
  t.same(hosts([down, up, refuses], 'drop'), ['up.example', 'refuses.example'])
  t.same(hosts([down, refuses], 'drop'), ['refuses.example'])
  t.same(hosts([down, probed('slow', 'slow.example')], 'drop'), ['slow.example'])
  t.same(hosts([down], 'drop'), ['down.example'], 'none is left')
  const filled: Probed = { ...up, index: { ...up.index, isFilled: true } }
  t.same(hosts([down, filled], 'drop'), ['down.example', 'up.example'], 'what was kept is not another index')
  t.same(hosts([down, probed('down', 'official.example', true)], 'drop'), ['down.example', 'official.example'])
})

t.test('drop: what answers stays, whatever it answers; what is odd here is not a fault', async (t) => {
  for (const state of ['failing', 'odd', 'misplaced', 'slow', 'pageless'] as const)
    t.same(hosts([probed(state, 'other.example'), up], 'drop'), ['other.example', 'up.example'], state)
  for (const state of ['odd', 'pageless'] as const)
    t.same(hosts([probed(state, 'other.example'), up], 'fail'), ['other.example', 'up.example'], state)
  for (const state of ['failing', 'misplaced', 'slow'] as const)
    t.throws(() => hosts([probed(state, 'other.example'), up], 'fail'), { name: 'UserError' }, state)
})

t.test('keep: every index stays, also one that is down', async (t) => {
  t.same(hosts([down, up, refuses], 'keep'), ['down.example', 'up.example', 'refuses.example'])
})

t.test('fail: the build ends on each that is unusable', async (t) => {
  t.same(hosts([up], 'fail'), ['up.example'])
  for (const fault of [down, refuses]) {
    t.throws(() => chooseReachable([up, fault], 'fail'), {
      name: 'UserError',
      message: /^http:\/\/user:\*\*\*\*@\w+\.example\/simple cannot be used, and DIB_PYPI_UNREACHABLE is fail/,
    })
  }
})

t.test('one that has projects of its own stays while it is down: they would come from another one', async (t) => {
  const own: Probed = { ...down, index: { ...down.index, projects: ['corp-*'] } }
  t.same(hosts([own, up], 'drop'), ['down.example', 'up.example'])
})
