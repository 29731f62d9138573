import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { whyNoBuilds } from '../support/builds/root.js'
import { cache } from '../support/setup/fixtures.js'
import { measure } from './measure.js'
import { fullPlan, quickPlan } from './plan.js'
import { plotOf } from './plot.js'
import { markdownOf, terminalOf } from './report.js'

// node build/run.mjs test/bench/bench.ts [quick]: what `make bench` does.
const undo: (() => unknown)[] = []
try {
  if (whyNoBuilds !== undefined) throw new Error(whyNoBuilds.replace('test', 'bench'))
  const [, , mode] = process.argv
  const results = await measure(
    { teardown: (action) => undo.push(action) },
    scratchFolder({ teardown: (action) => undo.push(action) }),
    mode === 'quick' ? quickPlan : fullPlan,
    (line) => console.log(line),
  )
  // The numbers of a quick run say little, so they do not go into docs/.
  const folder = mode === 'quick' ? join(cache, 'bench') : join(project, 'docs')
  mkdirSync(folder, { recursive: true })
  // For another look at them, which no measurement has to be made for.
  mkdirSync(join(cache, 'bench'), { recursive: true })
  writeFileSync(join(cache, 'bench', 'results.json'), JSON.stringify(results))
  writeFileSync(join(folder, 'bench.md'), markdownOf(results, 'bench.svg'))
  writeFileSync(join(folder, 'bench.svg'), plotOf(results))
  console.log(`\n${terminalOf(results)}\n${join(folder, 'bench.md')}, with its plot, bench.svg`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  for (const action of undo.reverse()) await action()
}
