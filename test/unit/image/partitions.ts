import t from 'tap'
import { refusePartitions } from '../../../element-src/lib/image/mounts.js'

t.test('a mount whose path ends in that of a partition is refused', async (t) => {
  for (const partition of ['/pypi', '/tmp/pypi']) {
    t.throws(() => refusePartitions('/tmp/pypi', ['/', '/boot', partition]), {
      name: 'UserError',
      message: new RegExp(
        `^a partition of the image is mounted at ${partition} \\(DIB_BLOCK_DEVICE_CONFIG\\), so dib would not unmount`,
      ),
    })
  }
  t.doesNotThrow(() => refusePartitions('/tmp/pypi', []))
  t.doesNotThrow(() => refusePartitions('/tmp/pypi', ['/', '/tmp', '/srv/pypi', '/pypi-2']))
})
