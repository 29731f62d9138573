import { statSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { project } from '../../build/project.js'
import { cleanEnvironment } from '../support/builds/clean-environment.js'
import { elementOfOurs, hooksOfOurs } from '../support/builds/dib.js'
import { runProgram } from '../support/builds/run.js'
import { median } from '../support/observation/median.js'

/** The relay, below the element. */
const relay = 'pypi-relay/pypi-relay'

/** The size of each hook of our element and of the relay, in bytes. */
export const measureBundles = (): Readonly<Record<string, number>> =>
  Object.fromEntries([...hooksOfOurs, relay].map((hook) => [hook, statSync(join(elementOfOurs, hook)).size]))

/**
 * Measures `make elements`, which writes nothing where elements/ is what element-src/ makes.
 *
 * @param rounds How often.
 * @returns The median of its seconds.
 * @throws Error where it fails.
 */
export const measureMakeElements = async (rounds: number): Promise<number> => {
  const seconds: number[] = []
  for (let round = 0; round < rounds; round += 1) {
    const start = performance.now()
    const { status, log } = await runProgram('make', ['-C', project, 'elements'], { env: cleanEnvironment() })
    if (status !== 0) throw new Error(`make elements failed:\n${log}`)
    seconds.push((performance.now() - start) / 1000)
  }
  return median(seconds)
}
