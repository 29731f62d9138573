import t from 'tap'
import { median } from '../../support/observation/median.js'

t.test('the median is the one in the middle by value, or the mean of two', async (t) => {
  t.equal(median([10, 9, 100]), 10)
  t.equal(median([4, 1, 3, 2]), 2.5)
  t.equal(median([7]), 7)
})

t.test('no numbers have no median', async (t) => {
  t.ok(Number.isNaN(median([])))
})
