import t from 'tap'
import { mutants } from '../../mutants/list.js'
import { staleness } from '../../mutants/mutant.js'

t.test(
  'each sabotage of `make mutants` is of a text that its file has once, leaves a file that can be read, and is noticed by tests that are there',
  async (t) => {
    t.same(mutants.flatMap(staleness), [])
    t.ok(mutants.length >= 60, `${mutants.length} sabotages`)
  },
)
