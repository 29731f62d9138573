import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
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

/** What is wrong with a mutant: its text has to occur once, or nobody knows what it sabotages. */
export const staleness = ({ file, text, tests, promise }: Mutant): readonly string[] => {
  const count = read(file).split(text).length - 1
  return [
    ...(count === 1 ? [] : [`${file} has the text of '${promise}' ${count} times, not once: ${text}`]),
    ...tests
      .filter((test) => !existsSync(join(project, test)))
      .map((test) => `there is no ${test}, which is to notice: ${promise}`),
  ]
}
