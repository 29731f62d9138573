import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { scratchFolder } from '../support/builds/build-image.js'
import { cache } from '../support/setup/fixtures.js'
import { fullPlan, quickPlan } from './plan.js'
import { measureRelay } from './relay/measure-relay.js'
import { relaySection, relayTerminal, withRelaySection } from './report.js'

// node build/run.mjs test/bench/engines.ts [quick]: what `make bench-engines` does, a part of `make bench`.
const undo: (() => unknown)[] = []
const ending = { teardown: (action: () => unknown) => undo.push(action) }
try {
  const isQuick = process.argv[2] === 'quick'
  const scratch = scratchFolder(ending)
  const costs = await measureRelay(ending, scratch, isQuick ? quickPlan : fullPlan, (line) => console.log(line))
  mkdirSync(join(cache, 'bench'), { recursive: true })
  writeFileSync(join(cache, 'bench', 'relay.json'), JSON.stringify(costs))
  // Of a quick run the numbers say little: they do not go where people read them.
  const page = join(project, 'docs', 'bench.md')
  if (isQuick) console.log(relaySection(costs))
  else writeFileSync(page, withRelaySection(readFileSync(page, 'utf8'), costs))
  console.log(`\n${relayTerminal(costs)}${isQuick ? '' : `\n${page}, its section 'The relay'`}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  for (const action of undo.reverse()) await action()
}
