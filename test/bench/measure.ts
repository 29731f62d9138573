import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Ending } from '../support/builds/build-image.js'
import { measureHooks } from '../support/observation/hooks-cost.js'
import { measureBundles, measureMakeElements } from './bundles.js'
import { measureFolders } from './folder-costs.js'
import { measureParts } from './hook-parts.js'
import { buildVersions, describeMachine } from './machine.js'
import { measureMirrors } from './mirror-costs.js'
import type { Plan } from './plan.js'
import { measureRelay } from './relay/measure-relay.js'
import type { Results } from './results.js'

/**
 * Measures all that `make bench` shows, one after the other.
 *
 * @param t What the servers end with.
 * @param scratch The folder for it, which takes some hundred thousand small files.
 * @param plan How much is measured.
 * @param say What to do with a line that tells how far it is.
 * @throws Error where something to measure fails.
 */
export const measure = async (
  t: Ending,
  scratch: string,
  plan: Plan,
  say: (line: string) => void,
): Promise<Results> => {
  const start = performance.now()
  const seconds = (): number => (performance.now() - start) / 1000
  const part = (name: string): string => {
    say(`${String(Math.round(seconds())).padStart(4)} s  ${name}`)
    const folder = join(scratch, String(Math.round(performance.now() * 1000)))
    mkdirSync(folder)
    return folder
  }
  const { rounds, partRounds, limit } = plan
  const machine = describeMachine(await buildVersions())
  const hooks = await measureHooks(part('hooks in builds'), { rounds, withDibs: true })
  const parts = await measureParts(part("parts of the hooks' time"), partRounds)
  const mirrors = await measureMirrors(t, part('mirrors that are down'), plan)
  const { folders, mounts } = await measureFolders(part('large folders'), plan)
  part('make elements')
  const makeElements = await measureMakeElements(rounds)
  const bundles = measureBundles()
  const relay = await measureRelay(t, part('the relay, beside other engines'), plan, say)
  return {
    machine,
    rounds,
    hooks,
    parts,
    mirrors,
    limit,
    folders,
    mounts,
    bundles,
    makeElements,
    relay,
    took: seconds(),
  }
}
