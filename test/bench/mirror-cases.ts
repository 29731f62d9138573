import { elementOfDib, elementOfOurs, hooksOfDib, hooksOfOurs } from '../support/builds/dib.js'
import { runPhases } from '../support/builds/run-phases.js'
import { hookSeconds } from '../support/observation/hook-seconds.js'
import { sum } from '../support/observation/median.js'
import type { FirstMirror, Variant } from './results.js'
import { type Run, readRuns, timer } from './timer.js'

/** What is measured: an install of so many packages, by one variant, past one first mirror. */
export interface Case {
  readonly first: FirstMirror
  readonly variant: Variant
  readonly packages: number
  /** Each run of pip, and what the hooks took in it. */
  readonly runs: { readonly pip: Run; readonly hooks: number }[]
}

/**
 * All cases, in groups of one variant and one first mirror, the fewest packages first.
 *
 * @param packages The numbers of packages.
 */
export const caseGroups = (packages: readonly number[]): readonly (readonly Case[])[] =>
  (['none', 'good', 'refused', 'silent'] as const).flatMap((first) =>
    (['ours', "dib's", "dib's, no retries"] as const)
      // Without a mirror that fails there is nothing to try again.
      .filter((variant) => first !== 'none' || variant !== "dib's, no retries")
      .map((variant) => packages.map((count): Case => ({ first, variant, packages: count, runs: [] }))),
  )

/**
 * The packages that a case installs: its own, so that one chroot can be for several cases.
 *
 * @param count How many.
 */
export const packagesOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `bench-${count}-${index + 1}`)

/** The good mirror, which comes last. */
const localMirrorUrl = 'file:///tmp/pypi'

/**
 * Installs the packages of some cases in a chroot, one case after the other, until an install is ended or fails, and adds
 * the runs to the cases.
 *
 * @param scratch The folder for it, with the local mirror.
 * @param cases Cases of one group.
 * @param url The first mirror's, or undefined where the local mirror is alone.
 * @param limit The seconds at which an install is ended.
 * @throws Error where a hook fails.
 */
export const runCases = async (
  scratch: string,
  cases: readonly [Case, ...Case[]],
  url: string | undefined,
  limit: number,
): Promise<void> => {
  const [{ first, variant }] = cases
  const isOurs = variant === 'ours'
  const { status, log } = await runPhases(scratch, {
    element: isOurs ? elementOfOurs : elementOfDib(),
    compare: false,
    environment: {
      DIB_NO_PYPI_PIP: '1',
      DIB_PYPI_MIRROR_URL: url ?? localMirrorUrl,
      DIB_PYPI_MIRROR_URL_1: url && localMirrorUrl,
      DIB_PIP_RETRIES: variant === "dib's, no retries" ? '0' : undefined,
    },
    inChroot: [
      timer,
      ...cases.map(
        ({ packages }) =>
          `measure pip-${packages} ${limit} python3 -m pip install ${packagesOf(packages).join(' ')} || exit 0`,
      ),
      '',
    ].join('\n'),
  })
  if (status !== 0) throw new Error(`${variant}, first mirror ${first}: a phase failed:\n${log.slice(-2000)}`)
  const hooks = sum((isOurs ? hooksOfOurs : hooksOfDib).map((hook) => hookSeconds(log, hook)))
  const runs = readRuns(log)
  for (const one of cases) {
    const pip = runs.get(`pip-${one.packages}`)
    if (pip !== undefined) one.runs.push({ pip, hooks })
  }
}
