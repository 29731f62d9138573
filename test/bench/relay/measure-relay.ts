import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { loadavg } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import type { Ending } from '../../support/builds/build-image.js'
import { wheelsOf } from '../../support/servers/mirror.js'
import { describeMachine, engineVersions } from '../machine.js'
import type { Plan } from '../plan.js'
import { measureLarge } from './measure-large.js'
import { measureSet } from './measure-set.js'
import { measureStart } from './measure-start.js'
import { getWellKnown, machineIndex, makeOwn, own, wellKnown } from './package-sets.js'
import type { Between, PackageSet, RelayCosts } from './results.js'
import { type Distance, serveWheels } from './serve-wheels.js'

const everything: readonly Between[] = ['nothing', 'the relay', 'devpi-server', 'proxpi', 'nginx as a cache']

/** The same machine, and a server in another town behind a common line: relayNotes tells of both. */
const distances: readonly { readonly name: string; readonly distance: Distance }[] = [
  { name: 'near', distance: { delay: 0, rate: Number.POSITIVE_INFINITY } },
  { name: 'far', distance: { delay: 0.04, rate: 5e6 } },
]

const sizeOf = (folder: string): number =>
  readdirSync(folder).reduce((all, name) => all + statSync(join(folder, name)).size, 0) / 1e6

/**
 * Measures what the relay costs, beside a direct download, devpi-server, proxpi and nginx.
 *
 * @param t What servers end with.
 * @param scratch The folder for it.
 * @param plan How much is measured.
 * @param say What to do with a line that tells how far it is.
 * @throws Error where an engine or a download from this machine fails.
 */
export const measureRelay = async (
  t: Ending,
  scratch: string,
  plan: Plan,
  say: (line: string) => void,
): Promise<RelayCosts> => {
  const begin = performance.now()
  const machine = describeMachine(await engineVersions(plan.hasPeers))
  const sets: PackageSet[] = []
  const missing: string[] = []
  const measure = async (
    what: string,
    folder: string,
    packages: readonly string[],
    upstream: string,
    betweens: readonly Between[],
  ): Promise<void> => {
    say(`       ${what}`)
    const files = wheelsOf(folder).length
    const at = join(scratch, `set-${sets.length}`)
    const contestants = await measureSet(at, { upstream, packages, files }, betweens, plan)
    sets.push({ name: what, files, megabytes: sizeOf(folder), contestants })
  }

  say("       the relay's start, and a large file")
  const start = await measureStart(join(scratch, 'starts'), plan.partRounds)
  const large = await measureLarge(t, join(scratch, 'large'), plan.gigabytes)

  const betweens = plan.hasPeers ? everything : everything.slice(0, 2)
  const known = join(scratch, 'well-known')
  mkdirSync(known)
  const why = plan.hasPeers ? await getWellKnown(known) : 'they are not downloaded to try the bench'
  if (why !== undefined) missing.push(`packages of the official index: ${why}`)
  else {
    for (const { name, distance } of distances) {
      const upstream = await serveWheels(t, known, distance)
      await measure(`15 known projects, ${name}`, known, wellKnown, upstream, everything)
    }
    try {
      await measure('15 known projects, the internet', known, wellKnown, await machineIndex(), everything.slice(0, 2))
    } catch (error) {
      missing.push(`the index of this machine: ${error instanceof Error ? error.message.trim() : error}`)
    }
  }
  const ours = join(scratch, 'own')
  makeOwn(ours)
  for (const { name, distance } of distances) {
    const upstream = await serveWheels(t, ours, distance)
    await measure(`15 own packages, ${name}`, ours, own, upstream, betweens)
  }
  return {
    machine,
    loadAfter: loadavg()[0] ?? Number.NaN,
    sets,
    missing,
    start,
    large,
    took: (performance.now() - begin) / 1000,
  }
}
