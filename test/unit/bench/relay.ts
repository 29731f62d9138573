import t from 'tap'
import { relayGoals } from '../../bench/relay/goals.js'
import { medianOf, mostMemory, ratioToDirect, roundsOf } from '../../bench/relay/ratios.js'
import type { PackageSet, RelayCosts } from '../../bench/relay/results.js'
import { sampleRelay } from '../../support/bench/sample-results.js'

const [set] = sampleRelay.sets as [PackageSet]

/** The goals that are missed, by what was measured. */
const missed = (changed: Partial<RelayCosts>): readonly string[] =>
  relayGoals({ ...sampleRelay, ...changed })
    .filter(({ isMet }) => !isMet)
    .map(({ measured }) => measured)

/** The sample, with other rounds of the relay. */
const withRelay = (name: string, cold: number, second: number, memory = 80): PackageSet => ({
  ...set,
  name,
  contestants: [
    { between: 'nothing', rounds: [{ cold: 10, second: 10 }] },
    { between: 'the relay', rounds: [{ cold, second, memory }] },
  ],
})

t.test('a ratio is the median of those within each round', async (t) => {
  t.equal(ratioToDirect(set, 'the relay', 'cold'), 1.05)
  t.equal(ratioToDirect(set, 'the relay', 'second'), 0.25)
  t.equal(ratioToDirect(set, 'proxpi', 'cold'), 3, 'of the first round alone, which is all that it has')
  t.equal(ratioToDirect(set, 'nothing', 'cold'), 1)
  t.equal(ratioToDirect(set, 'devpi-server', 'cold'), undefined, 'not measured')
  t.equal(ratioToDirect({ ...set, contestants: set.contestants.slice(1) }, 'the relay', 'cold'), undefined, 'no base')
})

t.test('a median is of the rounds that have the value', async (t) => {
  t.equal(medianOf(roundsOf(set, 'the relay'), 'memory'), 85)
  t.equal(medianOf(roundsOf(set, 'nothing'), 'memory'), undefined)
})

t.test('the most memory is that of any round, or of the large file', async (t) => {
  t.same(mostMemory(sampleRelay), { what: 'some packages, from near', memory: 90 })
  t.same(mostMemory({ ...sampleRelay, sets: [] }), { what: 'a file of 2 GB', memory: 82 })
})

t.test('each goal of the relay is met where the numbers are good', async (t) => {
  t.same(missed({}), [])
  t.equal(relayGoals(sampleRelay).length, 4)
})

t.test('a download that takes too long in one set misses, and each set is told', async (t) => {
  const sets = [withRelay('near', 11.2, 2), withRelay('far', 10.8, 2.6)]
  t.same(missed({ sets }), ['1.12 times (near), 1.08 times (far)', '0.20 times (near), 0.26 times (far)'])
})

t.test('what was not measured is not met', async (t) => {
  t.same(missed({ sets: [] }), ['nothing was measured', 'nothing was measured'])
  t.same(missed({ sets: [{ ...set, contestants: [] }] }), [
    'not possible (some packages, from near)',
    'not possible (some packages, from near)',
  ])
})

t.test('more memory than 100 MB, and a start of more than two of Node.js, miss', async (t) => {
  t.same(missed({ sets: [withRelay('near', 10, 2, 101)] }), ['at most 101 MB (near); a file of 2 GB: 82 MB'])
  t.same(missed({ large: { gigabytes: 2, memory: 130, seconds: 1 } }), [
    'at most 130 MB (a file of 2 GB); a file of 2 GB: 130 MB',
  ])
  t.same(missed({ start: { relay: 0.09, bare: 0.04 } }), ['2.25 times one: 90 ms against 40 ms'])
})
