import type { Test } from 'tap'
import { scratchFolder } from './build-image.js'
import { runProgram } from './run.js'

/**
 * Skips a test file that builds from this machine's own package index where pip cannot download from it. Where CI is set,
 * that is a failure.
 *
 * @param t tap's root test.
 */
export const needsPackageIndex = async (t: Test): Promise<void> => {
  const options = ['--no-cache-dir', '--retries', '1', '--timeout', '10', '--no-deps', '--dest', scratchFolder(t)]
  const { status, log } = await runProgram('/usr/bin/python3', ['-m', 'pip', 'download', ...options, 'pbr'], {
    env: process.env,
  })
  if (status === 0) return
  const [error = log] = log.split('\n').filter((line) => /^(?:WARNING|ERROR): /.test(line))
  const why = `this machine's own pip cannot download from its package index: ${error}`
  if (process.env['CI'] === 'true') throw new Error(why)
  t.plan(0, why)
  process.exit()
}
