import { chmodSync, cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { elementOfOurs, hooksOfOurs } from '../support/builds/dib.js'
import { runPhases } from '../support/builds/run-phases.js'
import { hookSeconds } from '../support/observation/hook-seconds.js'
import { bareStart } from '../support/observation/hooks-cost.js'
import { median } from '../support/observation/median.js'
import { cutHook, type Extent, extents } from './cut-hook.js'
import type { HookParts } from './results.js'

const writeHook = (path: string, text: string): void => {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
  chmodSync(path, 0o755)
}

const [stage = '', configure = '', unconfigure = ''] = hooksOfOurs

/** The hook that is measured in a hook's place: extra-data.d must do its work for the later ones, so it has another beside. */
const measuredIn = (hook: string): string => (hook === stage ? 'extra-data.d/01-part' : hook)

const bareBeside = (hook: string): string =>
  hook === unconfigure ? 'cleanup.d/03-bare-start' : 'extra-data.d/02-bare-start'

/** Makes a copy of our element whose hooks go so far, with bare starts beside them. */
const makeElement = (folder: string, extent: Extent): string => {
  cpSync(elementOfOurs, folder, { recursive: true })
  if (extent !== 'whole') {
    for (const hook of hooksOfOurs) {
      writeHook(join(folder, measuredIn(hook)), cutHook(readFileSync(join(elementOfOurs, hook), 'utf8'), extent))
    }
  }
  for (const hook of [configure, unconfigure]) writeHook(join(folder, bareBeside(hook)), bareStart)
  return folder
}

/**
 * Measures where the hooks' time goes, in a scratch root, by hooks that end early.
 *
 * @param scratch The folder for it.
 * @param rounds How often. The parts are of a few milliseconds, so it should be more often than builds are measured.
 * @throws Error where a hook fails.
 */
export const measureParts = async (scratch: string, rounds: number): Promise<readonly HookParts[]> => {
  const elements = extents.map((extent) => ({
    extent,
    element: makeElement(join(scratch, `element-${extent}`), extent),
  }))
  const logs: Record<Extent, string[]> = { launcher: [], bundle: [], whole: [] }
  for (let round = 0; round < rounds; round += 1) {
    for (const { extent, element } of elements) {
      const { log } = await runPhases(scratch, { element, compare: false, environment: { DIB_NO_PYPI_PIP: '1' } })
      logs[extent].push(log)
    }
  }
  const all = Object.values(logs).flat()
  const medianIn = (from: readonly string[], hook: string): number => median(from.map((log) => hookSeconds(log, hook)))
  return hooksOfOurs.map((hook) => ({
    hook,
    bare: medianIn(all, bareBeside(hook)),
    launcher: medianIn(logs.launcher, measuredIn(hook)),
    bundle: medianIn(logs.bundle, measuredIn(hook)),
    whole: medianIn(logs.whole, hook),
  }))
}
