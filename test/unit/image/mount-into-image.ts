import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { mountIntoImage } from '../../../element-src/lib/image/mounts.js'
import { pathWith } from '../../support/builds/path.js'

t.test(
  'a mount that is missing, without an error of mount(8), is an error; folders that were made for it go',
  async (t) => {
    const folder = realpathSync(t.testdir({ image: { tmp: {} }, stage: {}, mirror: {} }))
    const path = process.env['PATH']
    t.teardown(() => {
      process.env['PATH'] = path
    })
    process.env['PATH'] = pathWith(join(folder, 'bin'), 'sudo', `echo "$*" >>${folder}/calls`)
    const mirror = join(folder, 'mirror')
    const mounts = [{ source: mirror, target: '/tmp/pypi' }]
    const besides = { meanwhile: async () => undefined, afterwards: () => undefined }
    await t.rejects(mountIntoImage(join(folder, 'image'), join(folder, 'stage'), mounts, besides), {
      name: 'UserError',
      message: `${mirror} is not mounted at ${folder}/image/tmp/pypi: see mount(8) of this host`,
    })
    t.same(readFileSync(join(folder, 'calls'), 'utf8').split('\n'), [
      `mount --no-mtab --all --fstab ${folder}/stage/fstab`,
      `rmdir ${folder}/image/tmp/pypi`,
      '',
    ])
  },
)
