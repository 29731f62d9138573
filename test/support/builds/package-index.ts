import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Test } from 'tap'
import { runProgram } from './run.js'

/** Why nothing can be built from this machine's own package index, or undefined where it can. */
const whyNoIndex = async (): Promise<string | undefined> => {
  const folder = mkdtempSync(join(tmpdir(), 'pypi-index-'))
  const options = ['--no-cache-dir', '--retries', '1', '--timeout', '10', '--no-deps', '--dest', folder]
  const { status, log } = await runProgram('/usr/bin/python3', ['-m', 'pip', 'download', ...options, 'pbr'], {
    env: process.env,
  })
  rmSync(folder, { recursive: true })
  if (status === 0) return undefined
  const [error = log] = log.split('\n').filter((line) => /^(?:WARNING|ERROR): /.test(line))
  return `this machine's own pip cannot download from its package index: ${error}`
}

/**
 * Skips a test file that builds from this machine's own package index where pip cannot download from it. Where CI is set,
 * that is a failure.
 */
export const needsPackageIndex = async (t: Test): Promise<void> => {
  const why = await whyNoIndex()
  if (why === undefined) return
  if (process.env['CI'] === 'true') throw new Error(why)
  t.plan(0, why)
  process.exit()
}
