import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeJson } from './handover/json-file.js'
import {
  flatIndexMountPoint,
  handoverMountPoint,
  localMirrorUrl,
  mirrorMountPoint,
  staged,
  stagedFolder,
} from './handover/paths.js'
import type { Handover } from './handover/state.js'
import { info, setVerbose, warn } from './hook/log.js'
import { writeFlatIndex } from './mirror/flat-index.js'
import { recogniseMirror } from './mirror/local-mirror.js'
import { planToBorrow } from './mount/borrow.js'
import { type ImageMount, mountIntoImage } from './mount/mount-into-image.js'
import { refusePartitions } from './mount/partitions.js'
import { isFolderUrl } from './probe/probe-folder.js'
import { builtinFolders, copyBuiltins, externalBuiltins } from './runtime/external-builtins.js'
import { findPrograms, stageRuntime } from './runtime/stage-runtime.js'
import { describeIndexes } from './settings/describe.js'
import { isLocalMirror } from './settings/indexes.js'
import type { Environment } from './settings/mirrors.js'
import { type PipSettings, readSettings } from './settings/settings.js'

/**
 * What extra-data.d does, on the host, as the person: it reads the settings, stages what the hook in the chroot needs,
 * and mounts that and the local mirror in the image.
 *
 * @param environment The hook's environment.
 * @throws HookError where a setting is wrong, or a mount fails; nothing of ours is mounted then.
 */
export const mountPypiMirror = async (environment: Environment): Promise<void> => {
  const { hooksFolder, imageRoot, mirrorFolder, partitions, verbose, ...settings } = readSettings(environment)
  setVerbose(verbose)
  if (mirrorFolder !== undefined) {
    for (const target of [mirrorMountPoint, flatIndexMountPoint]) refusePartitions(target, partitions)
  }
  const usesMirror = settings.pip.indexes.some(({ url }) => isLocalMirror(url))
  const mirror = mirrorFolder !== undefined && usesMirror ? recogniseMirror(mirrorFolder) : undefined
  for (const warning of settings.warnings) warn(warning)
  const indexes = settings.pip.indexes.map((index) =>
    mirror !== undefined && isLocalMirror(index.url) ? { ...index, url: mirror.url } : index,
  )
  const pip: PipSettings = { ...settings.pip, indexes }

  const programs = findPrograms()
  const folder = stagedFolder(hooksFolder)
  mkdirSync(folder, { mode: 0o700 })
  const builtins = externalBuiltins()
  const builtinCopies = join(folder, staged.builtins)
  const filesToIndex = mirror?.filesToIndex
  const flatIndex = `${handoverMountPoint}/${staged.flatIndex}`
  const through = `${handoverMountPoint}/${staged.mirror}`
  const mounts: readonly ImageMount[] = [
    { source: folder, target: handoverMountPoint, isReadOnly: false },
    ...(mirrorFolder === undefined
      ? []
      : [{ source: mirrorFolder, target: mirrorMountPoint, isReadOnly: true, through }]),
    { source: process.execPath, target: `${handoverMountPoint}/${staged.node}`, isReadOnly: true },
    ...(filesToIndex === undefined
      ? []
      : [
          { source: undefined, target: flatIndex, isReadOnly: false },
          { source: join(imageRoot, flatIndex), target: flatIndexMountPoint, isReadOnly: true },
        ]),
    ...builtinFolders(builtins).map((path) => ({ source: join(builtinCopies, path), target: path, isReadOnly: true })),
  ]
  const borrowed = planToBorrow(imageRoot, [handoverMountPoint, ...builtinFolders(builtins)])
  writeFileSync(join(folder, staged.node), '')
  for (const name of [staged.mirror, staged.flatIndex]) mkdirSync(join(folder, name))
  copyBuiltins(builtins, builtinCopies)
  await mountIntoImage(imageRoot, folder, mounts, {
    meanwhile: () => {
      for (const warning of mirror?.warnings() ?? []) warn(warning)
      writeJson(join(folder, staged.settings), { pip, borrowed, verbose } satisfies Handover)
      const asksServers = pip.indexes.some(({ url }) => !isFolderUrl(url))
      return stageRuntime(folder, programs, asksServers)
    },
    afterwards: () => {
      if (filesToIndex !== undefined) writeFlatIndex(filesToIndex, localMirrorUrl, join(imageRoot, flatIndex))
    },
  })
  const kind = mirror === undefined ? '' : `, ${mirror.description},`
  const mounted =
    mirrorFolder === undefined ? 'no local mirror' : `${mirrorFolder}${kind} is read-only at ${mirrorMountPoint}`
  info(`${mounted}; ${describeIndexes(pip.indexes)}`)
}
