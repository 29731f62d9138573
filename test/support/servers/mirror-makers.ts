import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Test } from 'tap'
import { cleanEnvironment } from '../builds/clean-environment.js'
import { runProgram } from '../builds/run.js'
import { mirrorPrograms } from '../setup/fixtures.js'
import { serveLikeOfficialIndex } from './official-like-index.js'
import { recipe } from './recipes.js'

/**
 * Runs a shell script as a user would who reads docs/mirrors.md, and says that it succeeded.
 *
 * @param home A folder to make, which is the user's home and where the script runs; mirror-tools is in it.
 * @param index What pip is to take packages from: the folder of a PEP 503 tree.
 */
export const runAsPerson = async (t: Test, home: string, script: string, index?: string): Promise<void> => {
  mkdirSync(home, { recursive: true })
  symlinkSync(dirname(await mirrorPrograms()), join(home, 'mirror-tools'))
  const { status, log } = await runProgram('bash', ['-eu', '-o', 'pipefail', '-c', script], {
    cwd: home,
    env: cleanEnvironment({
      HOME: home,
      // With the pip of mirror-tools as the user's own.
      PATH: `${await mirrorPrograms()}:${process.env['PATH']}`,
      PIP_DISABLE_PIP_VERSION_CHECK: '1',
      PIP_NO_CACHE_DIR: '1',
      PIP_CONFIG_FILE: '/dev/null',
      PIP_INDEX_URL: index === undefined ? 'http://127.0.0.1:1/' : `file://${index}`,
    }),
  })
  t.equal(status, 0, 'the recipe succeeds', { log })
}

/**
 * Mirrors some projects by bandersnatch, with the recipe's configuration.
 *
 * @param home A folder to make, which is the user's home.
 * @param folder bandersnatch's folder: the mirror is web/ in it.
 * @param wheels What its master has, side by side.
 * @param projects The two projects to mirror of that.
 */
export const runBandersnatch = async (
  t: Test,
  home: string,
  folder: string,
  wheels: string,
  projects: readonly [string, string],
): Promise<void> => {
  const master = await serveLikeOfficialIndex(t, wheels)
  mkdirSync(folder, { recursive: true })
  mkdirSync(home, { recursive: true })
  const configuration = recipe('bandersnatch', {
    // The test's own master, which has no more of the official index's interfaces than this.
    '[mirror]': `[mirror]\nmaster = ${master}\nallow-non-https = true\napi-method = simple`,
    '/home/me/.cache/image-create/pypi/mirror': folder,
    requests: projects[0],
    flask: projects[1],
  })
  writeFileSync(join(home, 'bandersnatch.conf'), configuration)
  await runAsPerson(t, home, 'mirror-tools/bin/bandersnatch --config bandersnatch.conf mirror')
}
