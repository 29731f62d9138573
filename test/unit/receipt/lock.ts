import t from 'tap'
import { parseLock, readLock, writeBill } from '../../../element-src/lib/receipt/bill.js'

const arrival = {
  project: 'demo',
  name: 'demo-1.0.tar.gz',
  sha256: 'a'.repeat(64),
  size: 3,
  mirror: 'http://m.example/simple',
}
const { text } = writeBill([arrival], new Set())

t.test('what is not a receipt is refused in one line that says what is wrong and what to do', async (t) => {
  const changed = (from: string | RegExp, to: string): string => {
    t.match(text, from)
    return text.replace(from, to)
  }
  const cases: readonly (readonly [what: string, text: string, why: RegExp])[] = [
    ['no JSON', 'demo==1.0\n', /it is not JSON/],
    ['nothing', '', /it is not JSON/],
    ['another JSON', '[1]', /it is not CycloneDX/],
    ['null', 'null', /it is not CycloneDX/],
    ['SPDX', '{"spdxVersion":"SPDX-2.3"}', /it is not CycloneDX/],
    ["another program's", changed('dib-pypi-element', 'syft'), /another program wrote it/],
    ['another version', changed('"specVersion": "1.6"', '"specVersion": "1.4"'), /another version of CycloneDX/],
    ['no hash', changed('SHA-256', 'MD5'), /its component demo has no SHA-256 of demo-1\.0\.tar\.gz/],
    ['no file name', changed(/\?file_name=[^"]*/, ''), /its component demo names no file/],
    ['no length', changed('dib-pypi:length', 'length'), /its component demo has no length/],
    ['another project', changed('"name": "demo"', '"name": "other"'), /its component other has a purl/],
    ['a path', changed('file_name=demo', 'file_name=..%2Fdemo'), /its component demo has a purl/],
    ['a path behind a version', changed(/file_name=[^"]*/, 'file_name=demo-1.0%2F..%2Fx.zip'), /demo has a purl/],
    ['no purl', changed(/"purl": "[^"]*"/, '"purl": null'), /its component demo names no file/],
    ['a broken name', changed('"name": "demo"', '"name": "de\\u001bmo"'), /its component one without a name has/],
  ]
  for (const [what, wrong, why] of cases) {
    t.throws(() => parseLock(wrong, '/r/pypi.cdx.json'), { name: 'UserError', message: why }, what)
    t.throws(() => parseLock(wrong, '/r/pypi.cdx.json'), {
      message:
        /^DIB_PYPI_LOCK is \/r\/pypi\.cdx\.json, which is not a receipt: [ -~]+; name a pypi\.cdx\.json that a build with DIB_PYPI_RECEIPT=1 wrote$/,
    })
  }
})

t.test('a lock that cannot be read is refused with its path', async (t) => {
  const folder = t.testdir({ here: {} })
  t.throws(() => readLock(`${folder}/missing`), {
    message: `DIB_PYPI_LOCK is ${folder}/missing, which is not there: fix`,
  })
  t.throws(() => readLock(`${folder}/here`), { message: /^DIB_PYPI_LOCK is .*, which is a folder: name a file$/ })
})
