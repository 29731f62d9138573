import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { openFolder, writePages } from '../../../element-src/lib/index/folder.js'
import { cleanEnvironment } from '../../support/builds/clean-environment.js'
import { runProgram } from '../../support/builds/run.js'
import { wheelsOf } from '../../support/servers/mirror.js'
import { hostInstallers } from '../../support/setup/fixtures.js'

/** What downloads: two pips, and uv, which installs. */
export type Tool = 'pip 23.3' | 'the newest pip' | 'uv'

/** What is downloaded, with what it requires. */
export interface Packages {
  readonly names: readonly string[]
  /** How many files they are. */
  readonly files: number
  /** A file of constraints. */
  readonly constraints?: string
}

/**
 * Downloads packages without a cache of the tool's own.
 *
 * @returns Its seconds.
 * @throws Error where it fails, or brings fewer files.
 */
export const download = async (scratch: string, tool: Tool, index: string, packages: Packages): Promise<number> => {
  const { names, files, constraints } = packages
  const { oldPip, newPip, uv } = await hostInstallers()
  const folder = mkdtempSync(join(scratch, 'got-'))
  const common = ['--index-url', index, ...(constraints === undefined ? [] : ['-c', constraints]), ...names]
  const byPip = ['download', '--quiet', '--no-cache-dir', '--only-binary', ':all:', '--dest', folder, ...common]
  const byUv = ['pip', 'install', '-q', '--no-cache', '--no-config', '--no-build', '--target', folder, ...common]
  const [program, ...args] =
    tool === 'uv'
      ? ([uv, ...byUv, '--python', '/usr/bin/python3'] as const)
      : (['/usr/bin/python3', tool === 'pip 23.3' ? oldPip : newPip, ...byPip] as const)
  const begin = performance.now()
  // What this machine trusts is needed for an index elsewhere.
  const trust = { PIP_CERT: process.env['PIP_CERT'], SSL_CERT_FILE: process.env['PIP_CERT'] }
  const { status, log } = await runProgram(program, args, {
    env: cleanEnvironment({ PIP_CONFIG_FILE: '/dev/null', ...trust }),
  })
  const seconds = (performance.now() - begin) / 1000
  if (status !== 0) throw new Error(`${tool} failed:\n${log.slice(-2000)}`)
  const got = tool === 'uv' ? readdirSync(folder).filter((name) => name.endsWith('.dist-info')) : wheelsOf(folder)
  if (got.length !== files) throw new Error(`${tool} has brought ${got.length} files, and not ${files}`)
  rmSync(folder, { recursive: true })
  return seconds
}

/** Downloads them as an offline build would: from a folder of wheels, by the index that extra-data.d makes of it. */
export const downloadFromFolder = async (
  scratch: string,
  tool: Tool,
  folder: string,
  packages: Packages,
): Promise<number> => {
  const index = join(mkdtempSync(join(scratch, 'index-')), 'simple')
  const begin = performance.now()
  mkdirSync(index)
  writePages(openFolder(folder, ''), index)
  for (const project of readdirSync(index).filter((name) => name !== 'index.html')) {
    const page = join(index, project, 'index.html')
    writeFileSync(page, readFileSync(page, 'utf8').replaceAll('file:///tmp/pypi', pathToFileURL(folder).href))
  }
  const made = (performance.now() - begin) / 1000
  return made + (await download(scratch, tool, `${pathToFileURL(index).href}/`, packages))
}
