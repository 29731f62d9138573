import { join } from 'node:path'
import t from 'tap'
import { describeTargets, pythonsIn, targetFault } from '../../../element-src/lib/index/wheel-targets.js'

t.test("what files are for is told by their wheels' tags", async (t) => {
  const targets: Readonly<Record<string, string>> = {
    'a-1-py3-none-any.whl': 'any Python',
    'a-1-py2.py3-none-any.whl': 'any Python',
    'a-1.tar.gz': 'any Python',
    'a-1-py2-none-any.whl': 'Python 2',
    'a-1-1build-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl': 'CPython 3.13 on x86-64',
    'a-1-cp39-abi3-musllinux_1_2_aarch64.whl': 'CPython 3.9 and later on arm64 with musl',
    'a-1-pp310-pypy310_pp73-win_amd64.whl': 'PyPy 3.10 on x86-64 with Windows',
    'a-1-py3-none-macosx_11_0_universal2.whl': 'any Python on x86-64 and arm64 with macOS',
    'a-1-cp27-cp27mu-linux_riscv64.whl': 'CPython 2.7 on linux_riscv64',
  }
  for (const [file, target] of Object.entries(targets)) t.equal(describeTargets([file]), ` for ${target}`, file)
})

t.test('kinds are counted, the most frequent first, and few are named', async (t) => {
  const wheels = ['a', 'b', 'c', 'd'].map((name) => `${name}-1-py3-none-any.whl`)
  t.equal(
    describeTargets(['x-1-cp313-cp313-linux_x86_64.whl', ...wheels]),
    ': 4 for any Python, 1 for CPython 3.13 on x86-64',
  )
  const many = [8, 9, 10, 11, 12].map((minor) => `x-1-cp3${minor}-none-any.whl`)
  t.match(describeTargets([...wheels, ...many]), /^: 4 for any Python, (?:1 for CPython 3\.\d+, ){3}2 for others$/)
  t.equal(describeTargets([]), '')
})

t.test("what an image's Python cannot take is named", async (t) => {
  const fault = (files: readonly string[], ...versions: string[]) => targetFault(files, versions)
  const old = 'numpy-1-cp39-cp39-manylinux_2_17_x86_64.whl'
  t.equal(
    fault([old, 'six-1-py2.py3-none-any.whl', 'b-1.tar.gz'], '3.11'),
    "the image has Python 3.11, and no file of numpy is for it for CPython 3.9 on x86-64: fill the mirror by a pip of the image's Python",
  )
  t.match(fault([old, 'pandas-1-cp38-cp38-win_amd64.whl'], '3.11'), /no file of numpy and 1 more is for it/)
  for (const fits of [
    'numpy-2.tar.gz',
    'numpy-2-cp311-cp311-linux_x86_64.whl',
    'numpy-2-cp38-abi3-linux_x86_64.whl',
    'numpy-2-py3-none-any.whl',
    'numpy-2-py310-none-any.whl',
  ])
    t.equal(fault([old, fits], '3.11'), undefined, fits)
  for (const not of [
    'numpy-2-cp312-abi3-linux_x86_64.whl',
    'numpy-2-cp38-cp38-linux_x86_64.whl',
    'numpy-2-py2-none-any.whl',
    'numpy-2-cp311-cp311-win_amd64.whl',
  ])
    t.match(fault([old, not], '3.11'), /numpy/, not)
  t.equal(fault([old], '3.9', '3.11'), undefined, 'one of several is enough')
  t.equal(fault([old]), undefined, 'no version is known')
})

t.test("the image's Pythons are those among its programs", async (t) => {
  const root = t.testdir({
    usr: {
      bin: { python3: '', 'python3.11': '', 'python3.11-config': '', 'python2.7': '' },
      local: { bin: t.fixture('symlink', '/usr/bin') },
    },
  })
  t.same(pythonsIn(root), ['2.7', '3.11'])
  t.same(pythonsIn(join(root, 'usr')), [], 'none is there yet')
})
