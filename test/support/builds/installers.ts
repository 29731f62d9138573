import { readdirSync } from 'node:fs'
import type { Test } from 'tap'
import type { SamplePackage } from '../servers/mirror.js'
import { pips } from '../setup/fixtures.js'

/** What an installer does, in bash; `$at` is a folder of its own. */
export type Installer = readonly [name: string, commands: string]

/**
 * The packages that installers install: `demo_app.main()` prints what `demo_lib`, which demo-app requires, holds.
 *
 * @param token What is printed, so that it can have come from the test's mirror alone.
 */
export const packagesThatSay = (token: string): readonly SamplePackage[] => [
  {
    name: 'demo-app',
    version: '1.0',
    text: 'import demo_lib\ndef main(): print(demo_lib.token)',
    requirements: ['demo-lib>=2'],
  },
  { name: 'demo-lib', version: '2.1', text: `token = "${token}"` },
]

/**
 * The releases of pip's own wheels, in full.
 *
 * @param kind Which wheels, by their names.
 */
export const releases = async (kind: RegExp): Promise<readonly string[]> =>
  readdirSync(await pips()).flatMap((name) =>
    kind.test(name) ? (/^pip-(\d+\.\d+(?:\.\d+)?)/.exec(name)?.[1] ?? []) : [],
  )

/**
 * Where a pip's own wheel is in an image with installers, as a folder: it runs from it.
 *
 * @param release pip's release.
 */
export const wheelInImage = (release: string): string => `$(echo /srv/pips/pip-${release}*.whl)`

/**
 * bash that runs each installer by itself, whatever becomes of the others.
 *
 * @param all What to run.
 */
export const runInstallers = (all: readonly Installer[]): string =>
  all
    .map(
      ([name, commands]) => `echo "== ${name}"
export at=$(mktemp -d)
( set -eu; { ${commands}
} 2>&1 ) || echo "failed"
rm -rf $at`,
    )
    .join('\n')

/**
 * What one installer said.
 *
 * @param log The log of a build in which `runInstallers` ran.
 * @param name The installer.
 */
export const saidBy = (log: string, name: string): string => {
  const [, own = ''] = log.split(`== ${name}\n`)
  const [said = ''] = own.split('\n== ')
  return said
}

/**
 * Says of each installer that it printed what only the mirror's packages hold.
 *
 * @param t The test.
 * @param log The log of the build.
 * @param all The installers.
 * @param token What the packages print.
 */
export const checkInstallers = (t: Test, log: string, all: readonly Installer[], token: string): void => {
  for (const [name] of all) {
    const said = saidBy(log, name)
    t.ok(said.includes(token), `${name} installs a package and its dependency`, { said })
  }
}
