import t from 'tap'
import { goalsOf } from '../bench/goals.js'
import { measure } from '../bench/measure.js'
import { quickPlan } from '../bench/plan.js'
import { plotOf } from '../bench/plot.js'
import { markdownOf } from '../bench/report.js'
import type { Measured } from '../bench/results.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { needsRoot } from '../support/builds/root.js'

needsRoot(t)

t.test('make bench measures each of its parts', async (t) => {
  const { machine, hooks, parts, mirrors, folders, mounts, bundles, makeElements, ...rest } = await measure(
    t,
    scratchFolder(t),
    quickPlan,
    (line) => t.comment(line),
  )
  const seconds = (measured: Measured | undefined): number =>
    measured !== undefined && 'seconds' in measured ? measured.seconds : 0

  for (const values of [hooks.ours, hooks.dibs, hooks.bare]) {
    t.equal(values.length, 3)
    t.ok(
      values.every((value) => value > 0),
      values.join(', '),
    )
  }
  t.equal(parts.length, 3)
  for (const { hook, bare, whole } of parts) t.ok(bare > 0 && whole > 0, hook)

  const past = (first: string, variant: string): Measured | undefined =>
    mirrors.find((one) => one.first === first && one.variant === variant)?.total
  for (const [first, variant] of [
    ['none', 'ours'],
    ['none', "dib's"],
    ['good', 'ours'],
    ['good', "dib's"],
    ['refused', 'ours'],
    ['refused', "dib's, no retries"],
    ['silent', 'ours'],
  ] as const) {
    t.ok(seconds(past(first, variant)) > 0, `${variant}, ${first}`, { found: past(first, variant) })
  }
  for (const variant of ["dib's", "dib's, no retries"]) {
    t.same(past('silent', variant), { moreThan: quickPlan.limit }, `${variant} waits for a silent mirror`)
  }
  t.same(past('refused', "dib's"), { moreThan: quickPlan.limit }, 'and by itself tries a refused one again')

  for (const { layout, variant, tool, install } of folders) {
    if (variant === "dib's" && tool === 'uv') t.same(install, { fault: 'the element configures no uv' })
    else t.ok(seconds(install) > 0, `${tool} installs from a ${layout} folder by ${variant}`, { found: install })
  }
  t.equal(folders.length, 9, 'three tools, with a flat folder and a tree of ours, and with a tree of dib')
  t.same(
    mounts.map(({ files, layout }) => [files, layout]),
    [
      [10, 'flat'],
      [10, 'tree'],
      [100, 'flat'],
    ],
  )
  t.ok(
    Object.values(bundles).every((size) => size > 1000),
    'the hooks have sizes',
  )
  t.ok(makeElements > 0)

  const results = { machine, hooks, parts, mirrors, folders, mounts, bundles, makeElements, ...rest }
  const page = markdownOf(results, 'bench.svg')
  for (const { goal } of goalsOf(results)) t.match(page, goal)
  t.match(plotOf(results), /^<svg /)
})
