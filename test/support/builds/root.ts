import type { Test } from 'tap'

/** Why builds cannot run here, or undefined where they can. */
export const whyNoBuilds: string | undefined =
  process.getuid?.() === 0 ? undefined : 'image builds in tests are made as root: run `sudo make test`'

/** Skips a test file that needs root where there is none. Where CI is set, a skip is a failure. */
export const needsRoot = (t: Test): void => {
  if (whyNoBuilds === undefined) return
  if (process.env['CI'] === 'true') throw new Error(whyNoBuilds)
  t.plan(0, whyNoBuilds)
  process.exit()
}
