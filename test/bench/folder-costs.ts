import { join } from 'node:path'
import { elementOfDib, elementOfOurs, hooksOfOurs } from '../support/builds/dib.js'
import { runPhases } from '../support/builds/run-phases.js'
import { hookSeconds } from '../support/observation/hook-seconds.js'
import { median } from '../support/observation/median.js'
import { benchTools } from '../support/setup/fixtures.js'
import type { Plan } from './plan.js'
import type { FolderCost, Layout, MountCost, Variant } from './results.js'
import { measuredBy, readRuns, timer } from './timer.js'
import { installed, makeWheelFolder } from './wheel-folders.js'

/** The seconds at which an install is ended. */
const limit = 60

/** Where the tools are in the chroot. */
const tools = '/opt/bench-tools'

/** What installs: its name in tables, and sh that runs it, with what it is to install. */
const installers: readonly { readonly name: string; readonly tool: string; readonly command: string }[] = [
  { name: 'old-pip', tool: 'the old pip', command: `python3 ${tools}/old/pip install` },
  { name: 'new-pip', tool: 'the newest pip', command: `python3 ${tools}/new/pip install` },
  { name: 'uv', tool: 'uv', command: `${tools}/uv/bin/uv pip install --no-cache --python /usr/bin/python3` },
]

/** sh for the chroot that installs, each time into a folder of its own. */
const installScript = (repeats: number): string => {
  const lines = Array.from({ length: repeats }, (_, index) =>
    installers.map(({ name, command }) => {
      const run = `${name}-${index}`
      const install = `measure ${run} ${limit} ${command} --target /opt/${run} ${installed.join(' ')} || :`
      // Without a configuration uv asks the official index, which is not to be measured.
      return name === 'uv'
        ? `if [ -s /root/.config/uv/uv.toml ]; then ${install}; else echo "bench: ${run} 1 0 the element configures no uv"; fi`
        : install
    }),
  )
  return `${timer}${lines.flat().join('\n')}\n`
}

/** A mirror under an element. */
interface Case {
  readonly files: number
  readonly layout: Layout
  readonly variant: Variant
  readonly element: string
  /** dib's cache. */
  readonly imageCache: string
  readonly logs: string[]
}

const mountHook = hooksOfOurs[0] ?? ''

/**
 * Measures installs from local mirrors of many wheels, flat and as a PEP 503 tree, and what extra-data.d costs with them.
 *
 * @param scratch The folder for it.
 * @param plan How much is measured.
 * @throws Error where a hook fails.
 */
export const measureFolders = async (
  scratch: string,
  plan: Plan,
): Promise<{ readonly folders: readonly FolderCost[]; readonly mounts: readonly MountCost[] }> => {
  const cases = plan.folders.flatMap((files): readonly Case[] => {
    const flat = makeWheelFolder(join(scratch, `flat-${files}`), 'flat', files)
    const tree = makeWheelFolder(join(scratch, `tree-${files}`), 'tree', files)
    return [
      { files, layout: 'flat', variant: 'ours', element: elementOfOurs, imageCache: flat, logs: [] },
      { files, layout: 'tree', variant: 'ours', element: elementOfOurs, imageCache: tree, logs: [] },
      // dib's own takes no flat folder.
      { files, layout: 'tree', variant: "dib's", element: elementOfDib(), imageCache: tree, logs: [] },
    ]
  })
  const largest: Case = {
    files: plan.largest,
    layout: 'flat',
    variant: 'ours',
    element: elementOfOurs,
    imageCache: makeWheelFolder(join(scratch, 'largest'), 'flat', plan.largest),
    logs: [],
  }
  for (let round = 0; round < plan.rounds; round += 1) {
    for (const one of [...cases, largest]) {
      const { status, log } = await runPhases(scratch, {
        element: one.element,
        compare: false,
        environment: { DIB_NO_PYPI_PIP: '1', DIB_IMAGE_CACHE: one.imageCache },
        prepare: `mkdir $ROOT${tools}; mount --bind ${(await benchTools()).folder} $ROOT${tools}`,
        ...(one === largest ? {} : { inChroot: installScript(plan.repeats) }),
      })
      if (status !== 0) {
        throw new Error(`${one.variant}, ${one.files} files, ${one.layout}: a phase failed:\n${log.slice(-2000)}`)
      }
      one.logs.push(log)
    }
  }

  const folders = cases.flatMap(({ files, layout, variant, logs }) =>
    installers.map(({ name, tool }): FolderCost => {
      const runs = logs.flatMap((log) =>
        [...readRuns(log)].filter(([run]) => run.startsWith(name)).map(([, run]) => run),
      )
      return { files, layout, variant, tool, install: measuredBy(runs, limit) }
    }),
  )
  const mounts = [...cases, largest]
    .filter(({ variant }) => variant === 'ours')
    .map(({ files, layout, logs }) => ({
      files,
      layout,
      seconds: median(logs.map((log) => hookSeconds(log, mountHook))),
    }))
  return { folders, mounts }
}
