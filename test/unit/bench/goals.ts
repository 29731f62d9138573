import t from 'tap'
import { largestBundle } from '../../../build/make-elements.js'
import { goalsOf } from '../../bench/goals.js'
import type { Measured, Results } from '../../bench/results.js'
import { sampleResults } from '../../support/bench/sample-results.js'

/** The goals that are missed, by what was measured. */
const missed = (changed: Partial<Results>): readonly string[] =>
  goalsOf({ ...sampleResults, ...changed })
    .filter(({ isMet }) => !isMet)
    .map(({ measured }) => measured)

/** The sample, but for an install of ours past a silent mirror. */
const silent = (total: Measured): Partial<Results> => ({
  mirrors: sampleResults.mirrors.map((one) =>
    one.first === 'silent' && one.variant === 'ours' ? { ...one, total } : one,
  ),
})

/** The sample, but for an install from a flat folder. */
const flat = (install: Measured): Partial<Results> => ({
  folders: sampleResults.folders.map((one) => (one.layout === 'flat' ? { ...one, install } : one)),
})

t.test('each goal is met where the numbers are good', async (t) => {
  t.same(missed({}), [])
  t.equal(goalsOf(sampleResults).length, 7)
})

t.test('hooks of more than two bare starts miss', async (t) => {
  t.same(missed({ hooks: { ...sampleResults.hooks, ours: [0.1, 0.1, 0.1] } }), [
    '3.75 times: 300 ms against 80 ms; the rest goes to sh, sudo and the loader 5 ms, reading the JavaScript 5 ms, work 20 ms',
  ])
})

t.test('a mirror that costs more than 4 s, or no one knows how much, misses', async (t) => {
  t.same(missed(silent({ seconds: 4.6 })), ['at most 4.10 s more than a good mirror alone (silent mirror, 1 package)'])
  t.same(missed(silent({ moreThan: 2 })), ['more than 1.50 s more than a good mirror alone (silent mirror, 1 package)'])
  t.same(missed(silent({ fault: 'ERROR: x' })), ['not possible: ours, silent mirror: ERROR: x'])
  t.equal(missed({ mirrors: sampleResults.mirrors.filter(({ first }) => first !== 'none') }).length, 1, 'no base')
  t.equal(missed({ mirrors: [] }).length, 1, 'nothing measured')
})

t.test('a flat folder that takes more than 1.2 times as long as a tree misses', async (t) => {
  t.same(missed(flat({ seconds: 0.5 })), ['at most 1.25 times (pip, 10 files)'])
})

t.test('where nothing can be installed from a flat folder, its index is not fast either', async (t) => {
  t.same(missed(flat({ fault: 'ERROR: x' })), [
    'not possible for 1 of 1: pip, 10 files',
    'not possible: nothing is installed from it',
    'not possible: nothing is installed from it',
  ])
})

t.test('an index that is slow, or not linear, misses', async (t) => {
  const mounts = (large: number, largest: number): Partial<Results> => ({
    mounts: sampleResults.mounts.map((one) =>
      one.layout === 'tree' ? one : { ...one, seconds: one.files === 10 ? large : largest },
    ),
  })
  t.same(missed(mounts(0.66, 6.06)), ['0.60 s'])
  t.same(missed(mounts(0.16, 2.06)), ['2.00 times: 0.10 s, 2.00 s for 100'])
  t.same(missed(mounts(0.0601, 0.15)), [], 'the smaller is too quick to be measured')
})

t.test('a large bundle and a slow `make elements` miss', async (t) => {
  const { hook, program } = largestBundle
  const sizes = { 'extra-data.d/00-mount': hook, 'pypi-relay/pypi-relay': program }
  t.same(missed({ bundles: sizes }), [], 'as large as it may be')
  const tooLarge = { ...sizes, 'pypi-relay/pypi-relay': program + 1024 }
  t.same(missed({ bundles: tooLarge, makeElements: 2.5 }), [
    `at most ${(hook / 1024).toFixed(1)} KB (extra-data.d/00-mount), at most ${(program / 1024 + 1).toFixed(1)} KB (pypi-relay/pypi-relay)`,
    '2.50 s',
  ])
  t.equal(missed({ bundles: { ...sizes, 'extra-data.d/00-mount': program } }).length, 1, 'a hook has its own limit')
})
