import { mkdirSync, rmSync } from 'node:fs'
import { certificateHint } from '../../build/certificate-hint.mjs'
import { runProgram } from '../support/builds/run.js'
import { makeWheels } from '../support/servers/mirror.js'
import { samplePackages } from './sample-packages.js'

/** What is downloaded where the user names nothing. */
const usual = ['requests']

/**
 * Fills a mirror with the sample packages and with what `pip download` fetches, by this machine's own settings of pip: wheels
 * side by side, as the element takes them.
 *
 * @param mirror The mirror's folder; what it held is removed.
 * @param asked The packages that the user named.
 * @returns The packages to install from it.
 * @throws Error where what the user named cannot be downloaded. Without names, and without a package index in reach,
 *   the sample packages are all.
 */
export const fillMirror = async (mirror: string, asked: readonly string[]): Promise<readonly string[]> => {
  rmSync(mirror, { recursive: true, force: true })
  mkdirSync(mirror, { recursive: true })
  const packages = asked.length > 0 ? asked : usual
  console.log(`Downloading ${packages.join(', ')} into ${mirror}`)
  // The machine's own Python is of the same release as the image's, so the wheels are right for both. Not --quiet: with it
  // pip keeps to itself that it does not trust a certificate.
  const quick = asked.length > 0 ? [] : ['--retries', '0', '--timeout', '10']
  const download = await runProgram(
    '/usr/bin/python3',
    ['-m', 'pip', 'download', '--progress-bar', 'off', ...quick, '--dest', mirror, ...packages],
    { env: process.env },
  )
  const isThere = download.status === 0
  const hint = isThere ? undefined : certificateHint(download.log)
  if (!isThere && asked.length > 0) {
    const errors = download.log.split('\n').filter((line) => line.startsWith('ERROR: '))
    throw new Error(['pip download failed:', ...errors, ...(hint === undefined ? [] : [hint])].join('\n'))
  }
  if (!isThere) console.log('No package index can be reached: the sample package of this project is all.')
  if (hint !== undefined) console.log(hint)
  makeWheels(mirror, samplePackages)
  return ['hello-mirror', ...(isThere ? packages : [])]
}
