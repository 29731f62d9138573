import { findTests } from './layers.js'
import { neededFixtures } from './needed-fixtures.js'

// node build/run.mjs test/runner/fixtures.ts [LAYER|FILE...]: the targets of the Makefile that these tests need, in a line.
try {
  console.log((await neededFixtures(findTests(process.argv.slice(2)))).join(' '))
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}
