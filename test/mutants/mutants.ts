import { spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import { type Mutant, mutants } from './list.js'

const read = (file: string): string => readFileSync(join(project, file), 'utf8')

/** What is wrong with a mutant: its text has to occur once, or nobody knows what it sabotages. */
const staleness = ({ file, text, tests }: Mutant): readonly string[] => {
  const count = read(file).split(text).length - 1
  const missing = tests.filter((test) => spawnSync('test', ['-e', join(project, test)]).status !== 0)
  return [
    ...(count === 1 ? [] : [`${file} has the text ${count} times, not once: ${text}`]),
    ...missing.map((test) => `there is no ${test}, which is to notice: ${text}`),
  ]
}

/** Runs something of the project in a copy of it; returns its exit status. */
const runIn = (folder: string, ...args: readonly string[]): number | null =>
  spawnSync(process.execPath, ['build/run.mjs', ...args], { cwd: folder, stdio: 'ignore' }).status

/** Runs a mutant's tests in a copy of the project that has the sabotage. */
const survives = (folder: string, { file, text, replacement, tests }: Mutant): boolean => {
  // As a function: a dollar sign in the text is one.
  writeFileSync(
    join(folder, file),
    read(file).replace(text, () => replacement),
  )
  try {
    if (runIn(folder, 'build/elements.ts') !== 0) throw new Error(`${file} cannot be compiled with: ${replacement}`)
    return runIn(folder, 'test/run.ts', ...tests) === 0
  } finally {
    writeFileSync(join(folder, file), read(file))
  }
}

// node build/run.mjs test/mutants/mutants.ts [WORD...]: what `make mutants` does; of those whose promise has a word.
const folder = mkdtempSync(join(tmpdir(), 'pypi-mutants-'))
try {
  const words = process.argv.slice(2)
  const chosen = mutants.filter(({ promise }) => words.length === 0 || words.some((word) => promise.includes(word)))
  const stale = chosen.flatMap(staleness)
  if (stale.length > 0) throw new Error(stale.join('\n'))
  const apart = ['.cache', 'node_modules']
  const left = new Set([...apart, '.git', '.tap', '.run', 'dist'].map((name) => join(project, name)))
  cpSync(project, folder, { recursive: true, verbatimSymlinks: true, filter: (path) => !left.has(path) })
  for (const name of apart) symlinkSync(join(project, name), join(folder, name))
  // Tests that fail by themselves notice nothing.
  for (const test of new Set(chosen.flatMap(({ tests }) => tests)))
    if (runIn(folder, 'test/run.ts', test) !== 0) throw new Error(`${test} fails without a sabotage: mend it first`)
  let survived = 0
  for (const mutant of chosen) {
    const isAlive = survives(folder, mutant)
    if (isAlive) survived += 1
    console.log(`${isAlive ? 'SURVIVED' : 'noticed'} ${mutant.file}: ${mutant.promise}`)
  }
  console.log(`${chosen.length} mutants, ${survived} survived`)
  if (survived > 0) process.exitCode = 1
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}
