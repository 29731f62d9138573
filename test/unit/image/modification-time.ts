import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { modificationTime, setModificationTime } from '../../../element-src/lib/image/attributes.js'

t.test('times come back to the nanosecond, before 1970 as well', async (t) => {
  const file = join(t.testdir(), 'file')
  writeFileSync(file, '')
  for (const time of [
    '0',
    '5',
    '1000000000000000000',
    '1234567890123456789',
    '-1000000000',
    '-1',
    '-999999999',
    '-315000000000000006',
  ]) {
    setModificationTime(file, time)
    t.equal(modificationTime(file), time)
  }
})
