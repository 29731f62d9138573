import { symlinkSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { ask, inFolder, openTestRelay, type TestRelay } from '../../support/relay/test-relay.js'
import { sha256 } from '../../support/relay/upstream.js'

const filesOf = async (relay: TestRelay, project: string): Promise<readonly Record<string, unknown>[]> => {
  const { status, body } = await relay.page(project)
  return status === 200 ? JSON.parse(body.toString()).files : []
}

const metadata = 'Name: demo-app\r\nRequires-Python: >=3.8\r\n\r\ntext'

t.test('wheels and sdists side by side are served with their hashes and metadata', async (t) => {
  const folder = t.testdir({
    'demo_app-1.0-py3-none-any.whl': 'wheel',
    'demo_app-1.0-py3-none-any.whl.metadata': metadata,
    'Demo.App-0.9.tar.gz': 'sdist',
    'other-2.0.zip': 'other',
    SHA256SUMS: `${sha256('wheel')}  demo_app-1.0-py3-none-any.whl\n`,
    notes: 'x',
  })
  const relay = await openTestRelay(t, [inFolder(folder)])
  t.match(
    [...(await filesOf(relay, 'demo-app'))].sort((a, b) => (String(a['filename']) < String(b['filename']) ? -1 : 1)),
    [
      { filename: 'Demo.App-0.9.tar.gz', hashes: {} },
      {
        filename: 'demo_app-1.0-py3-none-any.whl',
        hashes: { sha256: sha256('wheel') },
        'requires-python': '>=3.8',
        'core-metadata': true,
      },
    ],
  )
  const link = await relay.link('demo-app', 'demo_app-1.0-py3-none-any.whl')
  t.equal((await ask(link)).body.toString(), 'wheel')
  t.equal((await ask(link, { Range: 'bytes=1-2' })).body.toString(), 'he')
  const other = await ask(link, { Range: 'bytes=1-2', 'If-Range': '"other"' })
  t.match(
    other,
    { status: 200, headers: { 'cache-control': 'no-store' } },
    'a part is of the same file, or all of it comes',
  )
  t.equal(other.body.toString(), 'wheel')
  t.equal((await ask(`${link}.metadata`)).body.toString(), metadata)
  t.equal((await relay.page('missing')).status, 404)
  t.match((await ask(`${relay.index()}/`)).body.toString(), '<a href="demo-app/">')
})

t.test('a tree of PEP 503, names as projects write them, simple/ and files beside a tree are all served', async (t) => {
  const page = `<a href="Babel-1.0.tar.gz#md5=${'a'.repeat(32)}">x</a> <a href="../../pool/babel-2.0-py3-none-any.whl" data-core-metadata="true">y</a>`
  const folder = t.testdir({
    Babel: { 'index.html': page.replace('../../', '../'), 'Babel-1.0.tar.gz': 'one' },
    'oslo.config': { 'oslo.config-3.0.tar.gz': 'no page' },
    pool: { 'babel-2.0-py3-none-any.whl': 'two' },
    simple: { 'demo-app': { 'index.html': '<a href="demo_app-1.0.tar.gz">z</a>', 'demo_app-1.0.tar.gz': 'three' } },
    'stray-1.0.tar.gz': 'four',
  })
  const relay = await openTestRelay(t, [inFolder(folder)])
  t.match(await filesOf(relay, 'babel'), [
    { filename: 'Babel-1.0.tar.gz', hashes: { md5: 'a'.repeat(32) } },
    // Its metadata is promised, and not there.
    { filename: 'babel-2.0-py3-none-any.whl', 'core-metadata': undefined },
  ])
  t.equal((await ask(await relay.link('babel', 'babel-2.0-py3-none-any.whl'))).body.toString(), 'two')
  t.match(await filesOf(relay, 'oslo-config'), [{ filename: 'oslo.config-3.0.tar.gz' }])
  t.match(await filesOf(relay, 'demo-app'), [{ filename: 'demo_app-1.0.tar.gz' }])
  t.match(await filesOf(relay, 'stray'), [{ filename: 'stray-1.0.tar.gz' }])
})

t.test('nothing outside of the folder is served', async (t) => {
  const top = t.testdir({
    'secret-1.0.tar.gz': 'secret',
    mirror: {
      secret: {
        'index.html': '<a href="../../secret-1.0.tar.gz">up</a> <a href="file:///etc/secret-2.0.tar.gz">far</a>',
      },
    },
  })
  symlinkSync(join(top, 'secret-1.0.tar.gz'), join(top, 'mirror', 'linked-1.0.tar.gz'))
  const relay = await openTestRelay(t, [inFolder(join(top, 'mirror'))])
  t.same(await filesOf(relay, 'secret'), [])
  t.same(await filesOf(relay, 'linked'), [])
})

t.test('a folder that is not there has nothing', async (t) => {
  const relay = await openTestRelay(t, [inFolder(join(t.testdir({}), 'nothing'))])
  t.equal((await relay.page('demo-app')).status, 404)
})

t.test('a folder that tells no upload times is refused if exclude-newer goes for it', async (t) => {
  const folder = t.testdir({ 'demo_app-1.0.tar.gz': 'x' })
  const relay = await openTestRelay(t, [inFolder(folder, { excludeNewer: '2020-01-01T00:00:00Z' })])
  t.equal((await relay.page('demo-app')).status, 424)
  t.match(relay.log(), /names no upload times of demo-app, so exclude-newer cannot be kept/)
})
