import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Plan } from '../plan.js'
import { download, downloadFromFolder } from './download.js'
import { starts } from './engines.js'
import { peakMemory } from './processes.js'
import type { Between, Contestant, Round } from './results.js'

/** What is downloaded, and from where. */
export interface Downloads {
  /** The URL of the index, with a slash at its end. */
  readonly upstream: string
  readonly packages: readonly string[]
  readonly files: number
}

const measureRound = async (scratch: string, between: Between, downloads: Downloads): Promise<Round> => {
  const { upstream, packages, files } = downloads
  const get = (index: string): Promise<number> => download(scratch, index, packages, files)
  if (between === 'nothing') {
    const cold = await get(upstream)
    return { cold, second: cold }
  }
  const folder = mkdtempSync(join(scratch, 'engine-'))
  const stops: (() => unknown)[] = []
  try {
    const ending = { teardown: (stop: () => unknown) => stops.push(stop) }
    const { pid, start, index, filled } = await starts[between](ending, folder, upstream)
    const cold = await get(index)
    if (filled === undefined) {
      const second = await get(index)
      return { cold, second, start, memory: peakMemory(pid) }
    }
    const memory = peakMemory(pid)
    // It writes what it keeps before it ends.
    for (const stop of stops.splice(0)) await stop()
    return { cold, second: await downloadFromFolder(scratch, filled, packages, files), start, memory }
  } finally {
    for (const stop of stops) await stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/**
 * Measures downloads without anything between and through engines, in turn, each time with an empty cache.
 *
 * @param scratch The folder for it.
 * @param downloads What is downloaded.
 * @param betweens What is between.
 * @param plan How often.
 * @throws Error where pip fails, or an engine does not start.
 */
export const measureSet = async (
  scratch: string,
  downloads: Downloads,
  betweens: readonly Between[],
  { engineRounds, peerRounds }: Pick<Plan, 'engineRounds' | 'peerRounds'>,
): Promise<readonly Contestant[]> => {
  mkdirSync(scratch, { recursive: true })
  const all = new Map<Between, Round[]>(betweens.map((between) => [between, []]))
  for (let round = 0; round < engineRounds; round += 1) {
    for (const [between, runs] of all) {
      const isPeer = between !== 'nothing' && between !== 'the relay'
      if (!isPeer || round < peerRounds) runs.push(await measureRound(scratch, between, downloads))
    }
  }
  return [...all].map(([between, runs]) => ({ between, rounds: runs }))
}
