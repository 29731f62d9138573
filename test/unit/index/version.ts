import { execFileSync } from 'node:child_process'
import t from 'tap'
import { normaliseVersion, versionKey, versionOf } from '../../../element-src/lib/index/distribution-file.js'

const versions = ['1', '1.0', '1.0.0', '0', '0.0', '10.0', '1.10', '2019.03.09', '0!1.0', '1!2.0', 'v1.2', ' 1.3 ']
  .concat(['1.0a1', '1.0-alpha', '1.0.Beta_2', '1.0c1', '1.0preview3', '1.0pre', '1.0rc01', '1.0.0a0', '1.0b'])
  .concat(['1.0-1', '1.0.post1', '1.0post', '1.0-rev4', '1.0r4', '1.0-01', '1.0.dev0', '1.0dev', '1.0a1.post2.dev3'])
  .concat(['1.0+local', '1.0+ubuntu-1', '1.0+Ubuntu_1.2', '1.0.post1.dev5+g1234abc', '1.0.0+1.0.0', '1.00', '1.0.05'])

/** What Python's own package for it makes of each: the normal form, and which others are the same version. */
const byPython = (texts: readonly string[]): readonly { normal: string; same: readonly number[] }[] =>
  JSON.parse(
    execFileSync(
      'python3',
      [
        '-c',
        `import json, sys
from pip._vendor.packaging.version import Version
all = [Version(text) for text in json.load(sys.stdin)]
json.dump([{'normal': str(one), 'same': [i for i, other in enumerate(all) if other == one]} for one in all], sys.stdout)`,
      ],
      { input: JSON.stringify(texts), encoding: 'utf8' },
    ),
  )

t.test("versions are normalised, and are the same version, as Python's packaging says", async (t) => {
  for (const [i, { normal, same }] of byPython(versions).entries()) {
    const version = versions[i] ?? ''
    t.equal(normaliseVersion(version), normal, version)
    const key = versionKey(version)
    t.same(
      versions.flatMap((other, j) => (versionKey(other) === key ? [j] : [])),
      same,
      version,
    )
  }
})

t.test('a version that PEP 440 does not know is told in small letters, and with - for _', async (t) => {
  for (const version of ['2004d-Final', '2004D_final']) t.equal(normaliseVersion(version), '2004d-final')
})

t.test('a version is read from the name of a wheel or an sdist, if there is one', async (t) => {
  const cases: readonly (readonly [file: string, project: string, version: string | undefined])[] = [
    ['demo_app-1.0-py3-none-any.whl', 'demo-app', '1.0'],
    ['demo_app-1.0-1-py3-none-any.whl', 'demo-app', '1.0'],
    ['demo.app-1.0+ubuntu.1-py3-none-any.whl', 'demo-app', '1.0+ubuntu.1'],
    ['demo-1.0_ubuntu_1-py3-none-any.whl', 'demo', '1.0+ubuntu.1'],
    ['Demo-App-1.0.tar.gz', 'demo-app', '1.0'],
    ['demo-2-1.0.tar.gz', 'demo', '2-1.0'],
    ['demo-2-1.0.tar.gz', 'demo-2', '1.0'],
    ['demo-1.0-beta2.zip', 'demo', '1.0b2'],
    ['demo-1.0-py2.7-linux-x86_64.egg', 'demo', '1.0'],
    ['demo-app-1.0-py3-none-any.whl', 'demo-app', undefined],
    ['demo-1.0.tar.bz2', 'other', undefined],
    ['demo.tar.gz', 'demo', undefined],
  ]
  for (const [file, project, version] of cases) t.equal(versionOf(file, project), version, `${file} of ${project}`)
})
