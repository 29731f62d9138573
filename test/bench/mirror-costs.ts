import { mkdirSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { type Ending, localMirror } from '../support/builds/build-image.js'
import { median } from '../support/observation/median.js'
import { makeMirror } from '../support/servers/mirror.js'
import { startFirstMirrors } from './first-mirrors.js'
import { type Case, caseGroups, packagesOf, runCases } from './mirror-cases.js'
import type { Plan } from './plan.js'
import type { FirstMirror, MirrorCost } from './results.js'
import { isEnded, measuredBy } from './timer.js'

type Urls = Readonly<Record<FirstMirror, string | undefined>>

/** Measures the cases in turn, and gives back those that wait. Once one does, it is not run here again. */
const measureInTurn = async (
  scratch: string,
  urls: Urls,
  groups: readonly (readonly Case[])[],
  { rounds, waits }: Plan,
): Promise<readonly Case[]> => {
  const waiting = new Set<Case>()
  for (let round = 0; round < rounds; round += 1) {
    for (const group of groups) {
      const [next, ...rest] = group.filter((one) => !waiting.has(one))
      if (next === undefined) continue
      await runCases(scratch, [next, ...rest], urls[next.first], waits)
      for (const one of [next, ...rest]) {
        const pip = one.runs[round]?.pip
        // Those with more packages were not run after one that was ended.
        if (pip === undefined || isEnded(pip)) waiting.add(one)
      }
    }
  }
  return [...waiting]
}

/** Measures cases that wait side by side, each in a root of its own. */
const measureBeside = async (
  scratch: string,
  urls: Urls,
  cases: readonly Case[],
  { rounds, limit, apart }: Plan,
): Promise<void> => {
  for (const { runs } of cases) runs.length = 0
  const started: Promise<unknown>[] = []
  const faults: unknown[] = []
  for (let round = 0; round < rounds; round += 1) {
    for (const one of cases) {
      started.push(runCases(scratch, [one], urls[one.first], limit).catch((fault) => faults.push(fault)))
      await setTimeout(apart * 1000)
    }
  }
  await Promise.all(started)
  if (faults.length > 0) throw faults[0]
}

/**
 * Measures what an install costs past a mirror that is down: the element's hooks and pip, in a chroot. What waits is
 * measured beside others that wait, so that all of it takes little longer than the longest.
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
  const groups = caseGroups(plan.packages)
  await measureBeside(scratch, urls, await measureInTurn(scratch, urls, groups, plan), plan)

  return groups.flat().map(({ first, variant, packages, runs }) => {
    const hooks = runs.map((run) => run.hooks)
    const pips = runs.map(({ pip }) => pip)
    const total = measuredBy(pips, plan.limit, hooks)
    return { first, variant, packages, total, ...('fault' in total ? {} : { hooks: median(hooks) }) }
  })
}
