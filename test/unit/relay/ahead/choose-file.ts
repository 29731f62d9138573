import { spawnSync } from 'node:child_process'
import t from 'tap'
import { chooseFile, type Installer } from '../../../../element-src/lib/relay/ahead/installer.js'

const installer: Installer = {
  python: '3.11.2',
  implementation: 'CPython',
  implementationVersion: '3.11.2',
  system: 'Linux',
  machine: 'x86_64',
  libc: { name: 'glibc', version: '2.36' },
}
const file = (name: string, more: object = {}) => ({ name, url: `http://x/${name}`, hashes: {}, ...more })
const chosen = (names: readonly (string | ReturnType<typeof file>)[], specifier = ''): string | undefined =>
  chooseFile(
    names.map((name) => (typeof name === 'string' ? file(name) : name)),
    'a-b',
    specifier,
    installer,
  )?.name

t.test('the newest version that fits is chosen, and of it the wheel whose tags fit best', async (t) => {
  t.equal(
    chosen(['a_b-1.9-py3-none-any.whl', 'a_b-1.10-py3-none-any.whl', 'a-b-1.10.tar.gz']),
    'a_b-1.10-py3-none-any.whl',
  )
  t.equal(
    chosen(['a_b-2-cp312-cp312-manylinux_2_17_x86_64.whl', 'a-b-2.tar.gz', 'a_b-1-py3-none-any.whl']),
    'a-b-2.tar.gz',
  )
  t.equal(
    chosen(['a_b-2-py3-none-any.whl', 'a_b-2-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl']),
    'a_b-2-cp311-cp311-manylinux2014_x86_64.manylinux_2_17_x86_64.whl',
  )
})

t.test('nothing is chosen that is yanked, a pre-release, for another Python, or ruled out', async (t) => {
  t.equal(
    chosen([file('a_b-2-py3-none-any.whl', { yanked: true }), 'a_b-1-py3-none-any.whl']),
    'a_b-1-py3-none-any.whl',
  )
  t.equal(
    chosen(['a_b-2rc1-py3-none-any.whl', 'a_b-2.dev3-py3-none-any.whl', 'a_b-1-py3-none-any.whl']),
    'a_b-1-py3-none-any.whl',
  )
  t.equal(
    chosen([file('a_b-2-py3-none-any.whl', { requiresPython: '>=3.12' }), 'a_b-1-py3-none-any.whl']),
    'a_b-1-py3-none-any.whl',
  )
  t.equal(chosen(['a_b-2-py3-none-any.whl', 'a_b-1-py3-none-any.whl'], '<2,>=1'), 'a_b-1-py3-none-any.whl')
  t.equal(chosen(['c-1-py3-none-any.whl']), undefined)
})

t.test("a wheel's tags fit where the packaging library says that they do", async (t) => {
  const pythons = ['py3', 'py2.py3', 'py311', 'py312', 'cp311', 'cp310', 'cp37', 'pp311', 'cp312', 'py2']
  const abis = ['none', 'abi3', 'cp311', 'cp310']
  const platforms = [
    'any',
    'linux_x86_64',
    'manylinux1_x86_64',
    'manylinux_2_36_x86_64',
    'manylinux_2_37_x86_64',
    'musllinux_1_1_x86_64',
    'win_amd64',
    'manylinux2014_aarch64',
  ]
  const tags = pythons.flatMap((python) =>
    abis.flatMap((abi) => platforms.map((platform) => `${python}-${abi}-${platform}`)),
  )
  const program = `
import json, sys
from unittest import mock
from pip._vendor.packaging import tags, _manylinux
with mock.patch.object(_manylinux, '_get_glibc_version', lambda: (2, 36)), mock.patch.object(_manylinux, '_have_compatible_abi', lambda *a: True):
    arguments = ['linux_x86_64', 'x86_64'] if _manylinux.platform_tags.__code__.co_argcount == 2 else [['x86_64']]
    platforms = [*_manylinux.platform_tags(*arguments), 'linux_x86_64']
supported = {str(tag) for tag in [*tags.cpython_tags((3, 11), ['cp311'], platforms), *tags.compatible_tags((3, 11), 'cp311', platforms)]}
from pip._vendor.packaging.tags import parse_tag
print(json.dumps([any(str(one) in supported for one in parse_tag(text)) for text in json.load(sys.stdin)]))`
  const { stdout, stderr } = spawnSync('python3', ['-c', program], { input: JSON.stringify(tags), encoding: 'utf8' })
  const right = JSON.parse(stdout || 'null') as readonly boolean[] | null
  if (right === null) throw new Error(stderr)
  t.same(
    tags.filter((tag, i) => (chosen([`a_b-1-${tag}.whl`]) !== undefined) !== right[i]),
    [],
  )
})
