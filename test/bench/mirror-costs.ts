import { mkdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type Ending, localMirror } from '../support/build-image.js'
import { elementOfDib, elementOfOurs, hooksOfDib, hooksOfOurs } from '../support/dib.js'
import { hookSeconds } from '../support/hook-seconds.js'
import { median, sum } from '../support/median.js'
import { makeMirror } from '../support/mirror.js'
import { runPhases } from '../support/run-phases.js'
import { startFirstMirrors } from './first-mirrors.js'
import type { Plan } from './plan.js'
import type { FirstMirror, MirrorCost, Variant } from './results.js'
import { isEnded, measuredBy, type Run, readRuns, timer } from './timer.js'

/** How each variant is run. */
const variants: Readonly<
  Record<
    Variant,
    {
      readonly element: string
      readonly hooks: readonly string[]
      readonly environment: Readonly<Record<string, string>>
    }
  >
> = {
  ours: { element: elementOfOurs, hooks: hooksOfOurs, environment: {} },
  "dib's": { element: elementOfDib(), hooks: hooksOfDib, environment: {} },
  "dib's, no retries": { element: elementOfDib(), hooks: hooksOfDib, environment: { DIB_PIP_RETRIES: '0' } },
}

/** What is measured: an install of so many packages, by one variant, past one first mirror. */
interface Case {
  readonly first: FirstMirror
  readonly variant: Variant
  readonly packages: number
  /** Each run of pip, and what the hooks took in it. */
  runs: { readonly pip: Run; readonly hooks: number }[]
}

/** The packages of a case: its own, so that one build can install those of several. */
const packagesOf = (count: number): readonly string[] =>
  Array.from({ length: count }, (_, index) => `bench-${count}-${index + 1}`)

const allCases = (packages: readonly number[]): readonly Case[] =>
  (['none', 'good', 'refused', 'silent'] as const).flatMap((first) =>
    (['ours', "dib's", "dib's, no retries"] as const)
      // Without a mirror that fails there is nothing to try again.
      .filter((variant) => first !== 'none' || variant !== "dib's, no retries")
      .flatMap((variant) => packages.map((count): Case => ({ first, variant, packages: count, runs: [] }))),
  )

/**
 * Measures what an install costs past a mirror that is down: the element's hooks and pip, in a chroot. A case that waits is
 * measured beside others that wait, each in a root of its own, so that all of them take no longer than the longest.
 *
 * @param t What the mirrors' servers end with.
 * @param scratch The folder for it.
 * @param plan How much is measured.
 * @throws Error where a hook fails.
 */
export const measureMirrors = async (t: Ending, scratch: string, plan: Plan): Promise<readonly MirrorCost[]> => {
  const folder = localMirror(scratch)
  mkdirSync(folder, { recursive: true })
  const names = plan.packages.flatMap(packagesOf)
  makeMirror(
    folder,
    names.map((name) => ({ name, version: '1', text: 'x = 1' })),
  )
  const urls = await startFirstMirrors(t, folder)

  /** Installs the packages of some cases of one variant and one first mirror, one after the other, until one is ended. */
  const runCases = async (cases: readonly [Case, ...Case[]], limit: number): Promise<void> => {
    const [{ first, variant }] = cases
    const { element, hooks, environment } = variants[variant]
    const url = urls[first]
    const second = 'file:///tmp/pypi'
    const installs = cases.map(
      ({ packages }) =>
        `measure pip-${packages} ${limit} python3 -m pip install ${packagesOf(packages).join(' ')} || exit 0\n`,
    )
    const { status, log } = await runPhases(scratch, {
      element,
      compare: false,
      environment: {
        DIB_NO_PYPI_PIP: '1',
        ...(url === undefined
          ? { DIB_PYPI_MIRROR_URL: second }
          : { DIB_PYPI_MIRROR_URL: url, DIB_PYPI_MIRROR_URL_1: second }),
        ...environment,
      },
      inChroot: `${timer}${installs.join('')}`,
    })
    if (status !== 0) throw new Error(`${variant}, first mirror ${first}: a phase failed:\n${log.slice(-2000)}`)
    const inHooks = sum(hooks.map((hook) => hookSeconds(log, hook)))
    const runs = readRuns(log)
    for (const one of cases) {
      const pip = runs.get(`pip-${one.packages}`)
      if (pip !== undefined) one.runs.push({ pip, hooks: inHooks })
    }
  }

  const cases = allCases(plan.packages)
  const waiting = new Set<Case>()
  const groups = new Map<string, Case[]>()
  for (const one of cases) {
    const key = `${one.first}, ${one.variant}`
    groups.set(key, [...(groups.get(key) ?? []), one])
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const group of groups.values()) {
      const [next, ...rest] = group.filter((one) => !waiting.has(one))
      if (next === undefined) continue
      await runCases([next, ...rest], plan.waits)
      // One that is ended waits, and so do those with more packages, which were not run then.
      for (const one of [next, ...rest]) {
        const run = one.runs.at(-1)
        if (one.runs.length <= round || (run !== undefined && isEnded(run.pip))) waiting.add(one)
      }
    }
  }

  for (const one of waiting) one.runs = []
  const started: Promise<void>[] = []
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const one of waiting) {
      started.push(runCases([one], plan.limit))
      await setTimeout(plan.apart * 1000)
    }
  }
  await Promise.all(started)

  return cases.map(({ first, variant, packages, runs }) => {
    const hooks = runs.map((run) => run.hooks)
    const total = measuredBy(
      runs.map(({ pip }) => pip),
      plan.limit,
      hooks,
    )
    return { first, variant, packages, total, ...('fault' in total ? {} : { hooks: median(hooks) }) }
  })
}
