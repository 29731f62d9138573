import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { project } from '../../../build/project.js'
import { findTests } from '../../runner/layers.js'
import { importedFixtures, neededFixtures, targets } from '../../runner/needed-fixtures.js'
import { linesOf, summaryOf } from '../../runner/report.js'
import { countTap, type Outcome } from '../../runner/run-file.js'

const whole = 'ok 1 - one\nnot ok 2 - two\n  ---\n  found: 3\n  ...\n1..2\n# { total: 5, pass: 3, fail: 1, skip: 1 }\n'

const outcome = (file: string, output: string, status: number | null): Outcome => ({
  file,
  ...countTap(output, status),
  time: 1200,
  output,
})

t.test('what tap counts is counted', async (t) => {
  t.match(countTap(whole, 1), { passed: 3, failed: 1, skipped: 1 })
  t.match(countTap('# { total: 2, pass: 2 }\n', 0), { passed: 2, failed: 0, skipped: 0 })
  t.match(countTap('1..0 # SKIP no root\n', 0), { passed: 0, failed: 0, skipped: 1, reasons: ['no root'] })
  const asTapWrites = '1..0 # no root\n# { total: 0, pass: 0 }\n'
  t.same(countTap(asTapWrites, 0), { passed: 0, failed: 0, skipped: 1, reasons: ['no root'] })
})

t.test('a run that is broken off, or ends without success, is a failure', async (t) => {
  t.match(countTap('', 0), { passed: 0, failed: 1 })
  t.match(countTap('ok 1 - one\n', null), { failed: 1 })
  t.match(countTap('# { total: 2, pass: 2 }\n', 1), { passed: 2, failed: 1 })
  t.match(countTap('Bail out! enough\n# { total: 2, pass: 2 }\n', 1), { failed: 1 })
})

t.test('a file that passes is one line; of one that fails, the failures and what it wrote are shown', async (t) => {
  const good = outcome('test/unit/a.ts', 'pypi: a log line\nok 1 - one\n1..1\n# { total: 1, pass: 1 }\n# time=1ms\n', 0)
  t.same(linesOf(good), ['ok test/unit/a.ts: 1 passed (1.2 s)'])
  t.same(linesOf(outcome('test/unit/b.ts', `pypi: a log line\n${whole}`, 1)), [
    'FAILED test/unit/b.ts: 3 passed, 1 failed, 1 skipped (1.2 s)',
    '  pypi: a log line',
    '  not ok 2 - two',
    '    ---',
    '    found: 3',
    '    ...',
  ])
})

t.test('the last line counts; with CI set, what is skipped is a failure', async (t) => {
  const bad = outcome('test/unit/b.ts', whole, 1)
  t.same(summaryOf([bad], false), { lines: ['Failed: test/unit/b.ts', '3 passed, 1 failed, 1 skipped'], isGood: false })
  const skipped = [outcome('a', '1..0 # SKIP no root\n', 0), outcome('b', '# { total: 2, pass: 2 }\n', 0)]
  t.same(summaryOf(skipped, false), { lines: ['Skipped: no root', '2 passed, 0 failed, 1 skipped'], isGood: true })
  t.equal(summaryOf(skipped, true).isGood, false)
  t.same(summaryOf([], false), { lines: ['0 passed, 0 failed'], isGood: false }, 'nothing ran')
})

t.test('tests are named by layers, folders and files; another name is an error', async (t) => {
  t.ok(findTests([]).includes('test/hook/links.ts'))
  t.ok(findTests(['unit']).includes('test/unit/runner/runner.ts'))
  t.ok(findTests(['unit']).every((file) => file.startsWith('test/unit/')))
  t.same(findTests(['./test/unit/runner/']), ['test/unit/runner/runner.ts'])
  t.throws(() => findTests(['test/unit/nothing.ts']), { message: /is no test/ })
  t.throws(() => findTests(['test/support/builds/run.ts']), { message: /is no test/ })
})

t.test('a test needs the fixtures whose paths it imports, and no others', async (t) => {
  t.same(await neededFixtures(['test/image/devpi.ts']), ['devpi', 'host-packages', 'small-root'])
  t.same(await neededFixtures(findTests(['unit'])), [], 'unit tests need none')
  t.same(importedFixtures("import { pips, oldRoot } from '../support/setup/cache.js'\n"), ['pips', 'oldRoot'])
  t.throws(() => importedFixtures("import * as cache from '../support/setup/cache.js'\n"), {
    message: /so that its fixture/,
  })
  t.throws(() => importedFixtures("export { pips } from '../support/setup/cache.js'\n"), {
    message: /so that its fixture/,
  })
})

t.test('each fixture has a target of the Makefile, and only one module knows where fixtures are', async (t) => {
  const known = spawnSync('make', ['-qp', 'nothing'], { cwd: project, encoding: 'utf8' }).stdout
  for (const target of new Set(Object.values(targets).filter((name) => name !== undefined)))
    t.match(known, new RegExp(`^${target}:`, 'm'), target)
  const files = readdirSync(join(project, 'test'), { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !path.includes('node_modules'),
  )
  const knowing = files.filter((path) =>
    /join\(project, '\.cache'|project\}\/\.cache/.test(readFileSync(join(project, 'test', path), 'utf8')),
  )
  t.same(
    knowing.filter((path) => path !== 'unit/runner/runner.ts'),
    ['support/setup/cache.ts'],
  )
})
