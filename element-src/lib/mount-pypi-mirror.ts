import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { info, setVerbose, warn } from './hook/log.js'
import { planFootprint } from './image/footprint.js'
import { writeFlatIndex } from './mirror/flat-index.js'
import { detectMirror } from './mirror/local-mirror.js'
import { closeBuildFolder } from './mount/close-build-folder.js'
import { type ImageMount, mountIntoImage } from './mount/mount-into-image.js'
import { refusePartitions } from './mount/partitions.js'
import { isFolderUrl } from './probe/probe-folder.js'
import { describeIndexes, isLocalMirror } from './settings/indexes.js'
import type { Environment } from './settings/mirrors.js'
import { type PipSettings, readSettings } from './settings/settings.js'
import { builtinFolders, copyBuiltins, externalBuiltins } from './stage/external-builtins.js'
import { writeJson } from './stage/json-file.js'
import {
  flatIndexMountPoint,
  localMirrorUrl,
  mirrorMountPoint,
  stageEntry,
  stageFolder,
  stageMountPoint,
} from './stage/paths.js'
import { findPrograms, stageRuntime } from './stage/stage-runtime.js'
import type { StagedSettings } from './stage/state.js'

/**
 * What extra-data.d does, on the host, as the user: it reads the settings, stages what the hook in the chroot needs,
 * and mounts that and the local mirror in the image.
 *
 * @param environment The hook's environment.
 * @throws HookError where a setting is wrong, or a mount fails; nothing of ours is mounted then.
 */
export const mountPypiMirror = async (environment: Environment): Promise<void> => {
  const { hooksFolder, imageRoot, mirrorFolder, partitions, verbose, ...settings } = readSettings(environment)
  setVerbose(verbose)
  closeBuildFolder(hooksFolder, imageRoot)
  if (mirrorFolder !== undefined) {
    for (const target of [mirrorMountPoint, flatIndexMountPoint]) refusePartitions(target, partitions)
  }
  const usesMirror = settings.pip.indexes.some(({ url }) => isLocalMirror(url))
  const mirror = mirrorFolder !== undefined && usesMirror ? detectMirror(mirrorFolder) : undefined
  for (const warning of settings.warnings) warn(warning)
  const indexes = settings.pip.indexes.map((index) =>
    mirror !== undefined && isLocalMirror(index.url) ? { ...index, url: mirror.url } : index,
  )
  const pip: PipSettings = { ...settings.pip, indexes }

  const programs = findPrograms()
  const folder = stageFolder(hooksFolder)
  mkdirSync(folder, { mode: 0o700 })
  const builtins = externalBuiltins()
  const builtinCopies = join(folder, stageEntry.builtins)
  const filesToIndex = mirror?.filesToIndex
  const flatIndex = `${stageMountPoint}/${stageEntry.flatIndex}`
  const through = `${stageMountPoint}/${stageEntry.mirror}`
  const mounts: readonly ImageMount[] = [
    { source: folder, target: stageMountPoint, isReadOnly: false },
    ...(mirrorFolder === undefined
      ? []
      : [{ source: mirrorFolder, target: mirrorMountPoint, isReadOnly: true, through }]),
    { source: process.execPath, target: `${stageMountPoint}/${stageEntry.node}`, isReadOnly: true },
    ...(filesToIndex === undefined
      ? []
      : [
          { source: undefined, target: flatIndex, isReadOnly: false },
          { source: join(imageRoot, flatIndex), target: flatIndexMountPoint, isReadOnly: true },
        ]),
    ...builtinFolders(builtins).map((path) => ({ source: join(builtinCopies, path), target: path, isReadOnly: true })),
  ]
  const mountPoints = [stageMountPoint, ...builtinFolders(builtins)]
  const footprint = planFootprint(imageRoot, mountPoints)
  writeFileSync(join(folder, stageEntry.node), '')
  for (const name of [stageEntry.mirror, stageEntry.flatIndex]) mkdirSync(join(folder, name))
  copyBuiltins(builtins, builtinCopies)
  await mountIntoImage(imageRoot, folder, mounts, {
    meanwhile: () => {
      for (const warning of mirror?.warnings() ?? []) warn(warning)
      writeJson(join(folder, stageEntry.settings), { pip, footprint, mountPoints, verbose } satisfies StagedSettings)
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
