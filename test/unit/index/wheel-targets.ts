import t from 'tap'
import { describeTargets } from '../../../element-src/lib/index/wheel-targets.js'

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
