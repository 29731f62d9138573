import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeJson } from './handover/json-file.js'
import { handoverMountPoint, mirrorMountPoint, staged, stagedFolder } from './handover/paths.js'
import type { Handover } from './handover/state.js'
import { info, setVerbose, warn } from './hook/log.js'
import { planToBorrow } from './mount/borrow.js'
import { mountIntoImage } from './mount/mount-into-image.js'
import { builtinFolders, copyBuiltins, externalBuiltins } from './runtime/external-builtins.js'
import { stageRuntime } from './runtime/stage-runtime.js'
import { describeIndexes } from './settings/describe.js'
import type { Environment } from './settings/mirrors.js'
import { readSettings } from './settings/settings.js'

/**
 * What extra-data.d does, on the host, as the person: it reads the settings, stages what the hook in the chroot needs,
 * and mounts that and the local mirror in the image.
 *
 * @param environment The hook's environment.
 * @throws HookError where a setting is wrong, or a mount fails; nothing of ours is mounted then.
 */
export const mountPypiMirror = async (environment: Environment): Promise<void> => {
  const { hooksFolder, imageRoot, mirrorFolder, pip, verbose, warnings } = readSettings(environment)
  setVerbose(verbose)
  for (const warning of warnings) warn(warning)

  const folder = stagedFolder(hooksFolder)
  mkdirSync(folder, { mode: 0o700 })
  const builtins = externalBuiltins()
  const builtinCopies = join(folder, staged.builtins)
  const mounts = [
    ...(mirrorFolder === undefined ? [] : [{ source: mirrorFolder, target: mirrorMountPoint, isReadOnly: true }]),
    { source: folder, target: handoverMountPoint, isReadOnly: false },
    { source: process.execPath, target: `${handoverMountPoint}/${staged.node}`, isReadOnly: true },
    ...builtinFolders(builtins).map((path) => ({ source: join(builtinCopies, path), target: path, isReadOnly: true })),
  ]
  const borrowed = planToBorrow(imageRoot, [handoverMountPoint, ...builtinFolders(builtins)])
  writeJson(join(folder, staged.settings), { pip, borrowed, verbose } satisfies Handover)
  writeFileSync(join(folder, staged.node), '')
  copyBuiltins(builtins, builtinCopies)
  await mountIntoImage(imageRoot, folder, mounts, () => stageRuntime(folder))
  const mirror = mirrorFolder === undefined ? 'no local mirror' : `${mirrorFolder} is read-only at ${mirrorMountPoint}`
  info(`${mirror}; ${describeIndexes(pip.indexes)}`)
}
