import { buildImage, localMirror } from '../builds/build-image.js'
import { hooksOfDib, hooksOfOurs } from '../builds/dib.js'
import { makeMirror } from '../servers/mirror.js'
import { hookSeconds } from './hook-seconds.js'
import { median } from './median.js'

/** Medians of seconds, a number a hook. */
export interface HooksCost {
  readonly ours: readonly number[]
  /** Those of dib's own element; empty where they were not asked for. */
  readonly dibs: readonly number[]
  /** As many bare starts of Node.js as we have hooks. */
  readonly bare: readonly number[]
}

// Beside the hooks, since a phase has its own load: in cleanup.d the image has just been copied. The image has no Node.js,
// so the second stands for the hook of pre-install.d.
const bareStarts = ['extra-data.d/01-bare-start', 'extra-data.d/02-bare-start', 'cleanup.d/03-bare-start']

/** A hook that starts Node.js and does nothing. */
export const bareStart = '#!/bin/sh\nexec node -e 0\n'

/**
 * Measures what the hooks of real builds cost, by dib's PROFILING tables.
 *
 * @param scratch The folder for the builds, whose local mirror is made here.
 * @param options How many builds of each element, and whether dib's own is measured as well, in turn with ours.
 * @throws Error where a build fails.
 */
export const measureHooks = async (
  scratch: string,
  { rounds, withDibs }: { readonly rounds: number; readonly withDibs: boolean },
): Promise<HooksCost> => {
  makeMirror(localMirror(scratch), [{ name: 'demo-app', version: '1', text: 'x = 1' }])
  const hooks = Object.fromEntries(bareStarts.map((path) => [path, bareStart]))
  const logs = { ours: [] as string[], dibs: [] as string[] }
  for (let round = 0; round < rounds; round += 1) {
    for (const isDibsOwn of withDibs ? [false, true] : [false]) {
      const { status, log } = await buildImage(scratch, { hooks, options: ['--offline'], isDibsOwn })
      if (status !== 0) throw new Error(`a build to measure failed:\n${log.slice(-3000)}`)
      logs[isDibsOwn ? 'dibs' : 'ours'].push(log)
    }
  }
  const medians = (from: readonly string[], names: readonly string[]): readonly number[] =>
    names.map((hook) => median(from.map((log) => hookSeconds(log, hook))))
  return {
    ours: medians(logs.ours, hooksOfOurs),
    dibs: withDibs ? medians(logs.dibs, hooksOfDib) : [],
    bare: medians(logs.ours, bareStarts),
  }
}
