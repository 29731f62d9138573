import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificateHint } from '../../build/certificate-hint.mjs'
import { runProgram } from '../support/builds/run.js'

/** What is installed where the user names nothing. */
const usual = ['requests']

/**
 * Asks the package index of this machine's own pip for the packages, before a build needs them.
 *
 * @param asked The packages that the user named.
 * @returns The packages to install; none where the user named none, and no index can be reached.
 * @throws Error where what the user named cannot be had.
 */
export const checkPackages = async (asked: readonly string[]): Promise<readonly string[]> => {
  const packages = asked.length > 0 ? asked : usual
  const folder = mkdtempSync(join(tmpdir(), 'pypi-demo-'))
  // Not --quiet: with it pip keeps to itself that it does not trust a certificate.
  const quick = asked.length > 0 ? [] : ['--retries', '0', '--timeout', '10']
  const download = await runProgram(
    '/usr/bin/python3',
    ['-m', 'pip', 'download', '--progress-bar', 'off', '--no-deps', ...quick, '--dest', folder, ...packages],
    { env: process.env },
  )
  rmSync(folder, { recursive: true, force: true })
  if (download.status === 0) return packages
  const hint = certificateHint(download.log)
  if (asked.length > 0) {
    const errors = download.log.split('\n').filter((line) => line.startsWith('ERROR: '))
    throw new Error(['pip download failed:', ...errors, ...(hint === undefined ? [] : [hint])].join('\n'))
  }
  console.log('No package index can be reached: the sample package of this project is all.')
  if (hint !== undefined) console.log(hint)
  return []
}
