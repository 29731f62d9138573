import t from 'tap'
import { parsePurl, purlOf } from '../../../element-src/lib/receipt/bill.js'

t.test('a package URL has its version and file name percent-encoded', async (t) => {
  t.equal(
    purlOf('demo-app', '1!2.0+ubuntu.1', 'demo_app-1!2.0+ubuntu.1-py3-none-any.whl'),
    'pkg:pypi/demo-app@1%212.0%2Bubuntu.1?file_name=demo_app-1%212.0%2Bubuntu.1-py3-none-any.whl',
  )
})

t.test('a package URL is read as it was written', async (t) => {
  for (const file of ["a 'b'(c)*~-1.tar.gz", 'a&b=c#d@e?f%-1.zip', 'a:b-1.zip', 'ä-1.zip'])
    t.same(parsePurl(purlOf('a', '1!0+x', file)), { project: 'a', version: '1!0+x', file })
})

t.test('what purlOf would not write is not read', async (t) => {
  for (const purl of [
    '',
    'pkg:npm/a@1?file_name=a-1.zip',
    'pkg:pypi/A@1?file_name=a-1.zip',
    'pkg:pypi/a@1',
    'pkg:pypi/a@1?file_name=a-1.zip&x=y',
    'pkg:pypi/a@1?file_name=..%2Fa-1.zip%',
    'pkg:pypi/a@1?file_name=%61-1.zip',
    'pkg:pypi/a@\ud800?file_name=a-1.zip',
    'pkg:pypi/@?file_name=',
  ])
    t.equal(parsePurl(purl), undefined, purl)
})
