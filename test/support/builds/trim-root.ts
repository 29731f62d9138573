import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { smallRoot } from '../setup/fixtures.js'

/** What a build without pip does not need. */
const needless = ['share', 'lib/gcc', 'lib/python3*', 'lib/*/gconv', 'lib/*/perl*']

/**
 * Makes a tarball of a third of the small root, for tests of many builds.
 *
 * @param scratch The test's folder.
 */
export const trimRoot = async (scratch: string): Promise<string> => {
  const tarball = join(scratch, 'trimmed-root.tar')
  const options = needless.map((path) => `--exclude=./usr/${path}`)
  execFileSync('tar', ['-C', await smallRoot(), '--numeric-owner', ...options, '-cf', tarball, '.'])
  return tarball
}
