import { spawnSync } from 'node:child_process'
import t from 'tap'
import { readUserAgent } from '../../../../element-src/lib/relay/ahead/installer.js'
import { requirementsIn } from '../../../../element-src/lib/relay/ahead/requirement.js'

const said = {
  ci: true,
  cpu: 'x86_64',
  distro: { id: 'bookworm', libc: { lib: 'glibc', version: '2.36' }, name: 'Debian GNU/Linux', version: '12' },
  implementation: { name: 'CPython', version: '3.11.2' },
  installer: { name: 'pip', version: '23.3' },
  python: '3.11.2',
  system: { name: 'Linux', release: '6.1' },
}
const installer = readUserAgent(`pip/23.3 ${JSON.stringify(said)}`)

t.test('an installer says for which Python and machine it installs; without that it is not judged', async (t) => {
  t.match(installer, { python: '3.11.2', machine: 'x86_64', libc: { name: 'glibc', version: '2.36' } })
  for (const header of [undefined, '', 'Python-urllib/3.11 setuptools/28.8', 'pip/23.3 {broken', 'pip/1 {}'])
    t.equal(readUserAgent(header), undefined, `${header}`)
})

t.test('each marker is judged as the packaging library judges it, or is left out', async (t) => {
  const order = ['==', '!=', '<', '<=', '>', '>=']
  const texts = ['==', '!=', 'in', 'not in']
  const versions = ['3.8', '3.9', '3.10', '3.11', '3.11.2', '3.12', '2.7']
  const variables: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ['python_version', [...order, '~='], versions],
    ['python_full_version', [...order, '~='], versions],
    ['python_version', ['==', '!='], ['3.11.*', '3.1.*']],
    ['python_version', ['in', 'not in'], ['2.7, 3.11', '3.8 3.9']],
    ['sys_platform', texts, ['linux', 'win32', 'linux2']],
    ['platform_system', texts, ['Linux', 'Windows']],
    ['platform_machine', texts, ['x86_64', 'aarch64']],
    ['platform_python_implementation', texts, ['CPython', 'PyPy']],
    ['implementation_name', texts, ['cpython', 'pypy']],
    ['os_name', texts, ['posix', 'nt']],
    ['extra', ['==', '!='], ['socks', 'test']],
  ]
  let seed = 7
  const draw = <Item>(items: readonly Item[]): Item => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return items[Math.floor((seed / 2 ** 31) * items.length)] as Item
  }
  const atom = (): string => {
    const [name, operators, values] = draw(variables)
    const [operator, value] = [draw(operators), `"${draw(values)}"`]
    return draw([0, 1, 2]) === 0 && operator !== '~=' && !value.includes('*')
      ? `${value} ${operator} ${name}`
      : `${name} ${operator} ${value}`
  }
  const marker = (depth: number): string => {
    const kind = depth === 0 ? 0 : draw([0, 1, 2, 3])
    if (kind === 0) return atom()
    const inner = `${marker(depth - 1)} ${draw(['and', 'or'])} ${marker(depth - 1)}`
    return kind === 3 ? `(${inner})` : inner
  }
  const markers = Array.from({ length: 400 }, () => marker(2))
  // pip brings the packaging library with it.
  const program = `
import json, sys
from pip._vendor.packaging.markers import Marker
env = dict(os_name='posix', sys_platform='linux', platform_machine='x86_64', platform_system='Linux', platform_python_implementation='CPython',
    implementation_name='cpython', implementation_version='3.11.2', python_version='3.11', python_full_version='3.11.2', extra='')
out = []
for text in json.load(sys.stdin):
    try: out.append(Marker(text).evaluate(env))
    except Exception: out.append(None)
print(json.dumps(out))`
  const { stdout, stderr } = spawnSync('python3', ['-c', program], { input: JSON.stringify(markers), encoding: 'utf8' })
  const right = JSON.parse(stdout || 'null') as readonly (boolean | null)[] | null
  if (right === null) throw new Error(stderr)
  if (installer === undefined) throw new Error('no installer')
  const wrong = markers.filter((text, i) => {
    const holds = requirementsIn(`Requires-Dist: x ; ${text}`, installer, []).length > 0
    return right[i] !== null && holds !== right[i]
  })
  t.same(wrong, [])
})

t.test('what only an extra requires is left out, unless that extra is wanted', async (t) => {
  if (installer === undefined) throw new Error('no installer')
  const metadata = [
    'Metadata-Version: 2.1',
    'Name: requests',
    'Requires-Dist: charset_normalizer (<4,>=2)',
    'Requires-Dist: urllib3[brotli, zstd]>=1.21.1,<3',
    "Requires-Dist: PySocks!=1.5.7,>=1.5.6; extra == 'socks'",
    "Requires-Dist: win-inet-pton; sys_platform == 'win32' and extra == 'socks'",
    // Nothing here knows it.
    "Requires-Dist: kernel; platform_release == '6.1'",
    'Requires-Dist: other @ https://host.example/other-1.tar.gz',
    'Requires-Dist: odd; python_version >= "3" % 2',
    '',
    'Requires-Dist: not-a-header',
  ].join('\n')
  t.same(requirementsIn(metadata, installer, []), [
    { project: 'charset-normalizer', extras: [], specifier: '<4,>=2' },
    { project: 'urllib3', extras: ['brotli', 'zstd'], specifier: '>=1.21.1,<3' },
  ])
  t.same(
    requirementsIn(metadata, installer, ['socks']).map(({ project }) => project),
    ['charset-normalizer', 'urllib3', 'pysocks'],
  )
})
