import { symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { modificationTime, setModificationTime } from '../../../element-src/lib/image/attributes.js'
import { keepTimes, noteTimes, planFootprint, removeMadeFolders } from '../../../element-src/lib/image/footprint.js'

t.test(
  'a folder in which something was made has its time again, unless another hook has changed it since',
  async (t) => {
    const root = t.testdir({ etc: {}, srv: {} })
    const before = '1234567890123456789'
    for (const name of ['etc', 'srv']) setModificationTime(join(root, name), before)
    const { madeFolders, touchedFolders } = planFootprint(root, ['/etc/xdg/pip', '/srv'], ['/srv/ours'])
    t.same(madeFolders, ['/etc/xdg', '/etc/xdg/pip'])
    t.same(touchedFolders, [
      { path: '/etc', before },
      { path: '/srv', before },
    ])
    for (const name of ['etc', 'srv']) setModificationTime(join(root, name), '1500000000000000000')
    const noted = noteTimes(root, touchedFolders)
    setModificationTime(join(root, 'srv'), '1600000000000000000')
    const restoring = keepTimes(root, noted)
    for (const name of ['etc', 'srv']) setModificationTime(join(root, name), '1700000000000000000')
    for (const restore of restoring) restore()
    t.equal(modificationTime(join(root, 'etc')), before)
    t.equal(modificationTime(join(root, 'srv')), '1600000000000000000')
  },
)

t.test(
  "of the folders that were made, one with another hook's file stays, and so does a link in the place of one",
  async (t) => {
    const root = t.testdir({ made: {}, used: { below: {} }, elsewhere: {} })
    writeFileSync(join(root, 'used', 'file'), '')
    symlinkSync('elsewhere', join(root, 'link'))
    t.same(removeMadeFolders(root, ['/made', '/used', '/used/below', '/link', '/none']), ['/used/below', '/made'])
  },
)
