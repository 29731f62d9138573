import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { transformSync } from 'esbuild'
import { project } from '../../build/project.js'

/** A sabotage of one line, and the tests that must notice it. */
export interface Mutant {
  /** What a user is promised, and no longer gets. */
  readonly promise: string
  readonly file: string
  /** Text that the file has once. */
  readonly text: string
  readonly replacement: string
  /** Files of tests, of which one has to fail. */
  readonly tests: readonly string[]
}

/** What is promised, the text, and what takes its place. */
type Sabotage = readonly [promise: string, text: string, replacement: string]

/**
 * The sabotages of a file.
 *
 * @param file Below element-src/.
 * @param tests Those that must notice each of them, below test/, with a blank between.
 */
export const sabotages = (file: string, tests: string, ...all: readonly Sabotage[]): readonly Mutant[] =>
  all.map(([promise, text, replacement]) => ({
    promise,
    file: `element-src/${file}`,
    text,
    replacement,
    tests: tests.split(' ').map((test) => `test/${test}`),
  }))

const read = (file: string): string =>
  existsSync(join(project, file)) ? readFileSync(join(project, file), 'utf8') : ''

/** What the sabotage leaves of a file. A function gives the replacement, since a dollar sign in it is one. */
export const sabotaged = (original: string, { text, replacement }: Mutant): string =>
  original.replace(text, () => replacement)

/** Whether something can start what is made of a mutant: what nothing can would be noticed by any test. */
const isWhole = (mutant: Mutant): boolean => {
  const text = sabotaged(read(mutant.file), mutant)
  if (!mutant.file.endsWith('.ts')) return spawnSync('bash', ['-n'], { input: text }).status === 0
  try {
    transformSync(text, { loader: 'ts', logLevel: 'silent' })
    return true
  } catch {
    return false
  }
}

/** What is wrong with a mutant: its text has to occur once, or nobody knows what it sabotages. */
export const staleness = (mutant: Mutant): readonly string[] => {
  const { file, text, tests, promise } = mutant
  const count = read(file).split(text).length - 1
  return [
    ...(count === 1 ? [] : [`${file} has the text of '${promise}' ${count} times, not once: ${text}`]),
    ...(isWhole(mutant) ? [] : [`${file} cannot be read with the sabotage of '${promise}'`]),
    ...tests
      .filter((test) => !existsSync(join(project, test)))
      .map((test) => `there is no ${test}, which is to notice: ${promise}`),
  ]
}
