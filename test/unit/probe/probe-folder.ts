import t from 'tap'
import { probeFolder } from '../../../element-src/lib/probe/reachable.js'

t.test('a folder on disk is up, and anything else is down', async (t) => {
  const folder = t.testdir({ 'a file': '', 'a folder': {} })
  t.match(probeFolder(`file://${folder}/a%20folder/`), { state: 'up', reason: 'is a folder' })
  for (const path of ['a%20file', 'nothing', '%2F', '%00']) {
    t.match(
      probeFolder(`file://${folder}/${path}`),
      {
        state: 'down',
        reason: /^the image has no such folder: put the host's mirror into DIB_IMAGE_CACHE.pypi.mirror/,
      },
      path,
    )
  }
})
