import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** What has an end, at which things are undone: a test, or a program. */
export interface Ending {
  readonly teardown: (action: () => unknown) => unknown
}

/**
 * The folder for a test's files; gone when the test has ended. Not t.testdir(), which tap removes without a look at what
 * is mounted in it.
 */
export const scratchFolder = (t: Ending): string => {
  const folder = mkdtempSync(join(tmpdir(), 'pypi-test-'))
  t.teardown(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
