import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { findInstalled } from '../../../element-src/lib/receipt/installed.js'

t.test('installed distributions are found anywhere in an image', async (t) => {
  const root = t.testdir({
    usr: {
      lib: {
        python3: {
          'dist-packages': {
            'six-1.16.0.egg-info': {},
            'Old_Tool-0.5-py2.7.egg-info': 'Metadata-Version: 1.0\nName: Old-Tool\nVersion: 0.5\n',
            'demo_app-1.0.dist-info': { METADATA: 'Version: 9\n', 'nested-5.0.dist-info': {} },
            'demo.lib-2.0.0+ubuntu.1.dist-info': {},
            'easy-3.0-py2.7.egg': { 'EGG-INFO': { 'PKG-INFO': '' } },
            'zipped-3.1-py2.7-linux-x86_64.egg': 'PK',
            '~emo_app-0.9.dist-info': {},
            'notes.dist-info': {},
          },
        },
      },
    },
    opt: {
      venv: { lib: { 'python3.11': { 'site-packages': { 'demo_app-2.0.dist-info': {} } } } },
      'a source': { 'editable.egg-info': { 'PKG-INFO': 'Metadata-Version: 2.1\nName: editable\nVersion: 4.2\n' } },
      described: { 'described.egg-info': { 'PKG-INFO': 'Name: described\n\nVersion: 9 of another\n' } },
      'linked-1.0.dist-info': t.fixture('symlink', '/'),
    },
    proc: { 'process-1.0.dist-info': {} },
    sys: { 'system-1.0.dist-info': {} },
  })
  t.same([...findInstalled(root, [])].sort(), [
    'demo-app 1',
    'demo-app 2',
    'demo-lib 2+ubuntu.1',
    'easy 3',
    'editable 4.2',
    'nested 5',
    'old-tool 0.5',
    'six 1.16',
    'zipped 3.1',
  ])
})

t.test('what is mounted in the image is of it only if it is a partition', async (t) => {
  const folder = mkdtempSync('/dev/shm/pypi-test-')
  t.teardown(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'mounted-1.0.dist-info'))
  t.notOk(findInstalled('/dev', []).has('mounted 1'))
  t.ok(findInstalled('/dev', ['/shm']).has('mounted 1'))
})

t.test('no link of the image is followed, and no pipe is waited for', async (t) => {
  const outside = t.testdir({
    host: { 'host-1.0.dist-info': {}, 'PKG-INFO': 'Version: 1.0\n' },
    image: {
      a: t.fixture('symlink', '../host'),
      'b.egg-info': { 'PKG-INFO': t.fixture('symlink', '../../host/PKG-INFO') },
      'c.egg-info': {},
      'd.egg-info': t.fixture('symlink', '../host/PKG-INFO'),
    },
  })
  execFileSync('mkfifo', [`${outside}/image/c.egg-info/PKG-INFO`, `${outside}/image/e.egg-info`])
  t.same([...findInstalled(`${outside}/image`, [])], [])
})
