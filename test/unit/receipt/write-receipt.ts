import { lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { planReceipt, writeReceipt } from '../../../element-src/lib/receipt/receipt-file.js'

const arrivals = ['demo', 'other'].map((project) => ({
  project,
  name: `${project}-1.0.tar.gz`,
  sha256: 'a'.repeat(64),
  size: 3,
  mirror: 'http://m.example/simple',
}))

t.test('a receipt is written whole into a folder that is made for it, and told', async (t) => {
  const folder = t.testdir({ image: { 'demo-1.0.dist-info': {}, 'six-1.0.dist-info': {}, 'pbr-1.0.egg-info': {} } })
  const plan = planReceipt({ IMAGE_NAME: join(folder, 'out', 'my image') }, [], undefined)
  t.same(writeReceipt(plan, arrivals, join(folder, 'image')), [
    `${folder}/out/my image.d/pypi.cdx.json is the receipt: 1 package in the image, 1 that came and is not in it`,
    '2 packages in the image did not come through the relay, and are not in the receipt',
  ])
  t.match(JSON.parse(readFileSync(plan.path, 'utf8')), { components: [{ name: 'demo' }] })
  t.same(readdirSync(join(folder, 'out', 'my image.d')), ['pypi.cdx.json'])
})

t.test('a link where the receipt goes is replaced, not followed', async (t) => {
  const folder = t.testdir({
    precious: 'kept',
    image: {},
    'image.d': { 'pypi.cdx.json': t.fixture('symlink', '../precious') },
  })
  const path = join(folder, 'image.d', 'pypi.cdx.json')
  const caller = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0, groups: [], umask: 0o027 }
  writeReceipt({ path, caller, partitions: [] }, arrivals, join(folder, 'image'))
  t.equal(readFileSync(join(folder, 'precious'), 'utf8'), 'kept')
  t.ok(lstatSync(path).isFile())
  t.equal(lstatSync(path).mode & 0o777, 0o640, "it is the caller's file")
})

t.test('a receipt that cannot be written is an error, and nothing of it is left', async (t) => {
  const folder = t.testdir({ image: {} })
  const plan = planReceipt({ IMAGE_NAME: join(folder, 'image') }, [], undefined)
  mkdirSync(plan.path, { recursive: true })
  t.throws(() => writeReceipt(plan, arrivals, join(folder, 'image')), {
    name: 'UserError',
    message: /^DIB_PYPI_RECEIPT: .*pypi\.cdx\.json cannot be written: /,
  })
  t.same(readdirSync(join(folder, 'image.d')), ['pypi.cdx.json'])
})
