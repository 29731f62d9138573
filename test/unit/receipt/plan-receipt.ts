import { existsSync, lstatSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { planReceipt, receiptPath } from '../../../element-src/lib/receipt/receipt-file.js'

t.test("the receipt goes where dib's manifests go, beside the image", async (t) => {
  const cases: readonly (readonly [environment: Record<string, string>, path: string])[] = [
    [{ IMAGE_NAME: 'image' }, '/work/image.d/pypi.cdx.json'],
    [{ IMAGE_NAME: 'out/my image' }, '/work/out/my image.d/pypi.cdx.json'],
    [{ IMAGE_NAME: '/srv/a/b' }, '/srv/a/b.d/pypi.cdx.json'],
    [{ IMAGE_NAME: 'image.qcow2' }, '/work/image.qcow2.d/pypi.cdx.json'],
    [{ IMAGE_NAME: 'image', DIB_MANIFEST_SAVE_DIR: '' }, '/work/image.d/pypi.cdx.json'],
    [{ IMAGE_NAME: 'image', DIB_MANIFEST_SAVE_DIR: 'saved here/' }, '/work/saved here/pypi.cdx.json'],
    [{}, '/work/image.d/pypi.cdx.json'],
  ]
  for (const [environment, path] of cases) t.equal(receiptPath(environment, '/work'), path)
})

t.test('the receipt of an earlier build is removed; of a link, the link', async (t) => {
  const folder = t.testdir({
    precious: 'kept',
    old: { 'pypi.cdx.json': 'old' },
    linked: { 'pypi.cdx.json': t.fixture('symlink', '../precious') },
    locked: { 'pypi.cdx.json': 'lock' },
    'a folder': { 'pypi.cdx.json': {} },
  })
  const plan = (name: string, lock?: string) =>
    planReceipt({ DIB_MANIFEST_SAVE_DIR: join(folder, name) }, ['/var'], lock)
  const receipt = (name: string) => join(folder, name, 'pypi.cdx.json')
  t.match(plan('old'), {
    path: receipt('old'),
    time: undefined,
    partitions: ['/var'],
    caller: { uid: process.getuid?.() },
  })
  t.notOk(existsSync(receipt('old')))
  plan('linked')
  t.notOk(existsSync(receipt('linked')))
  t.equal(readFileSync(join(folder, 'precious'), 'utf8'), 'kept')
  plan('not/there/yet')
  t.notOk(existsSync(join(folder, 'not')), 'no folder is made for a build that may fail')
  t.throws(() => plan('a folder'), { message: /pypi\.cdx\.json is a folder: move it away$/ })
})

t.test('the receipt that DIB_PYPI_LOCK names stays until the new one takes its place', async (t) => {
  const folder = t.testdir({ 'image.d': { 'pypi.cdx.json': 'lock' }, other: t.fixture('symlink', 'image.d') })
  const environment = { DIB_MANIFEST_SAVE_DIR: join(folder, 'image.d') }
  planReceipt(environment, [], join(folder, 'other', 'pypi.cdx.json'))
  t.ok(lstatSync(join(folder, 'image.d', 'pypi.cdx.json')))
})

t.test('a place that cannot be written, and a time that is none, end the build at once', async (t) => {
  const folder = t.testdir({ file: '', dangling: t.fixture('symlink', 'nothing') })
  const at = (name: string) => ({ DIB_MANIFEST_SAVE_DIR: join(folder, name) })
  for (const name of ['file', 'file/deeper', 'dangling', 'dangling/deeper'])
    t.throws(() => planReceipt(at(name), [], undefined), {
      name: 'UserError',
      message: /^DIB_PYPI_RECEIPT: .*pypi\.cdx\.json cannot be written .*DIB_MANIFEST_SAVE_DIR$/,
    })
  for (const time of ['yesterday', '-1', '1e3', '999999999999'])
    t.throws(() => planReceipt({ ...at('x'), SOURCE_DATE_EPOCH: time }, [], undefined), {
      message: /^SOURCE_DATE_EPOCH is not a whole number of seconds since 1970/,
    })
  t.equal(planReceipt({ ...at('x'), SOURCE_DATE_EPOCH: '86400' }, [], undefined).time, 86400)
})
