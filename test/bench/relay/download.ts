import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { pathToFileURL } from 'node:url'
import { flatLinks } from '../../../element-src/lib/index/flat-links.js'
import { writeIndex } from '../../../element-src/lib/index/index-pages.js'
import { cleanEnvironment } from '../../support/builds/clean-environment.js'
import { runProgram } from '../../support/builds/run.js'
import { wheelsOf } from '../../support/servers/mirror.js'
import { benchTools } from '../../support/setup/fixtures.js'

/**
 * Downloads packages with what they require, by the old pip and without a cache of its own.
 *
 * @param scratch Where the files go for a moment.
 * @param index The URL of the index.
 * @param packages The packages.
 * @param files How many files they are.
 * @returns Its seconds.
 * @throws Error where it fails, or brings fewer files.
 */
export const download = async (
  scratch: string,
  index: string,
  packages: readonly string[],
  files: number,
): Promise<number> => {
  const folder = mkdtempSync(join(scratch, 'got-'))
  const args = ['download', '--quiet', '--no-cache-dir', '--only-binary', ':all:', '--dest', folder]
  const begin = performance.now()
  const { status, log } = await runProgram(
    '/usr/bin/python3',
    [(await benchTools()).oldPip, ...args, '--index-url', index, ...packages],
    // What this machine trusts is needed for an index elsewhere.
    { env: cleanEnvironment({ PIP_CONFIG_FILE: '/dev/null', PIP_CERT: process.env['PIP_CERT'] }) },
  )
  const seconds = (performance.now() - begin) / 1000
  if (status !== 0) throw new Error(`pip download failed:\n${log}`)
  const got = wheelsOf(folder).length
  if (got !== files) throw new Error(`pip has downloaded ${got} files, and not ${files}`)
  rmSync(folder, { recursive: true })
  return seconds
}

/**
 * Downloads them as an offline build would from a folder of wheels: through the index that extra-data.d makes of it.
 *
 * @param scratch As above.
 * @param folder The folder.
 * @returns Seconds, with those for the index.
 */
export const downloadFromFolder = async (
  scratch: string,
  folder: string,
  packages: readonly string[],
  files: number,
): Promise<number> => {
  const index = join(mkdtempSync(join(scratch, 'index-')), 'simple')
  const begin = performance.now()
  mkdirSync(index)
  writeIndex(flatLinks(folder, wheelsOf(folder), pathToFileURL(folder).href), index)
  const made = (performance.now() - begin) / 1000
  return made + (await download(scratch, `${pathToFileURL(index).href}/`, packages, files))
}
