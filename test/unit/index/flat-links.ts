import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { flatLinks } from '../../../element-src/lib/index/flat-links.js'

const wheel = 'Demo_App-1.0-py3-none-any.whl'
const url = 'file:///tmp/pypi'

t.test('each file is a link of its project', async (t) => {
  const links = [...flatLinks(t.testdir({}), [wheel, 'demo-app-0.9.tar.gz', 'a-1!2+local.zip', 'noversion.zip'], url)]
  t.same(links, [
    { project: 'demo-app', file: wheel, href: `${url}/${wheel}` },
    { project: 'demo-app', file: 'demo-app-0.9.tar.gz', href: `${url}/demo-app-0.9.tar.gz` },
    { project: 'a', file: 'a-1!2+local.zip', href: `${url}/a-1!2%2Blocal.zip` },
  ])
})

t.test('hashes are those that sha256sum wrote, and metadata is what lies beside a wheel', async (t) => {
  const metadata = 'Metadata-Version: 2.1\nName: demo\nrequires-python:  >=3.8,<4 \n\nRequires-Python: not this\n'
  const folder = t.testdir({ [wheel]: 'x', [`${wheel}.metadata`]: metadata, 'b-1.zip': 'y' })
  const links = () => [...flatLinks(folder, [wheel, 'b-1.zip'], url)]
  const attributes = (said: string) => ({
    'data-requires-python': '>=3.8,<4',
    'data-dist-info-metadata': said,
    'data-core-metadata': said,
  })
  t.same(links()[0]?.attributes, attributes('true'))
  t.notOk(links()[1]?.attributes, 'nothing is said of metadata that is not there')
  const sums = (command: string) => execFileSync('sh', ['-c', command], { cwd: folder, encoding: 'utf8' })
  const hashOf = (name: string) => sums(`sha256sum ${name}`).slice(0, 64)
  for (const option of ['', '--binary']) {
    sums(`sha256sum ${option} *.whl *.metadata *.zip >SHA256SUMS`)
    const [first, second] = links()
    t.equal(first?.href, `${url}/${wheel}#sha256=${hashOf(wheel)}`)
    t.same(first?.attributes, attributes(`sha256=${hashOf(`${wheel}.metadata`)}`))
    t.equal(second?.href, `${url}/b-1.zip#sha256=${hashOf('b-1.zip')}`)
  }
  rmSync(join(folder, 'SHA256SUMS'))
  execFileSync('mkfifo', [join(folder, 'SHA256SUMS')])
  t.equal(links()[0]?.href, `${url}/${wheel}`, 'what is no regular file is not waited for')
})
