import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { compile } from './compile.js'
import { findTests, layerOf, layers } from './layers.js'
import { linesOf, summaryOf } from './report.js'
import { type Outcome, runFile } from './run-file.js'

/** What each file wrote, whole. */
const results = join(project, '.tap', 'results')

const runLayer = async (
  files: readonly string[],
  jobs: number,
  programs: ReadonlyMap<string, string>,
): Promise<Outcome[]> => {
  const waiting = [...files]
  const outcomes: Outcome[] = []
  const work = async (): Promise<void> => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      const outcome = await runFile(file, programs.get(file) ?? file)
      writeFileSync(join(results, `${file.replaceAll('/', '-')}.tap`), outcome.output)
      for (const line of linesOf(outcome)) console.log(line)
      outcomes.push(outcome)
    }
  }
  await Promise.all(Array.from({ length: jobs }, work))
  return outcomes
}

// node build/run.mjs test/runner/run.ts [LAYER|FILE...]: what test/run.sh does.
const folder = join(project, '.run', `tests-${process.pid}`)
try {
  const files = findTests(process.argv.slice(2))
  mkdirSync(results, { recursive: true })
  const { programs } = await compile(files, folder)
  const outcomes: Outcome[] = []
  for (const [layer, jobs] of layers) {
    const ofLayer = files.filter((file) => layerOf(file) === layer)
    if (ofLayer.length > 0) console.log(`Tests: ${layer}`)
    outcomes.push(...(await runLayer(ofLayer, jobs, programs)))
  }
  const { lines, isGood } = summaryOf(outcomes, process.env['CI'] === 'true')
  for (const line of lines) console.log(line)
  if (!isGood) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
