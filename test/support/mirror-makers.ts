import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Test } from 'tap'
import { mirrorPrograms } from './cache.js'
import { cleanEnvironment } from './clean-environment.js'
import { serveLikeOfficialIndex } from './official-like-index.js'
import { runProgram } from './run.js'

/**
 * Runs a program that makes mirrors, and says that it succeeded.
 *
 * @param t The test.
 * @param name The program: one of .cache/mirror-tools, pip among them.
 * @param args Its arguments.
 */
export const runMirrorProgram = async (t: Test, name: string, args: readonly string[]): Promise<void> => {
  const { status, log } = await runProgram(join(mirrorPrograms, name), args, {
    env: cleanEnvironment({ PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_NO_CACHE_DIR: '1', PIP_CONFIG_FILE: '/dev/null' }),
  })
  t.equal(status, 0, `${name} succeeds`, { log })
}

/** Makes an index of a flat folder by dumb-pypi, in the folder itself. */
export const runDumbPypi = async (t: Test, folder: string): Promise<void> => {
  const list = join(folder, 'packages.txt')
  const files = readdirSync(folder).filter((name) => /\.(?:whl|tar\.gz)$/.test(name))
  writeFileSync(list, files.map((name) => `${name}\n`).join(''))
  await runMirrorProgram(t, 'dumb-pypi', ['--package-list', list, '--packages-url', '../../', '--output-dir', folder])
}

/**
 * Mirrors some projects by bandersnatch.
 *
 * @param t The test.
 * @param folder bandersnatch's folder: the mirror is web/ in it.
 * @param wheels What its master has, side by side.
 * @param projects What to mirror of that.
 */
export const runBandersnatch = async (
  t: Test,
  folder: string,
  wheels: string,
  projects: readonly string[],
): Promise<void> => {
  const master = await serveLikeOfficialIndex(t, wheels)
  const configuration = `${folder}.conf`
  mkdirSync(folder, { recursive: true })
  writeFileSync(
    configuration,
    `[mirror]
directory = ${folder}
master = ${master}
allow-non-https = true
api-method = simple
workers = 2

[plugins]
enabled =
    allowlist_project

[allowlist]
packages =
${projects.map((name) => `    ${name}\n`).join('')}`,
  )
  await runMirrorProgram(t, 'bandersnatch', ['--config', configuration, 'mirror'])
}
