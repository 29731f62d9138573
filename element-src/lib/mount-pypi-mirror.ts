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
import { endRelay } from './relay/control/ask-relay.js'
import { prepareFillFolder } from './relay/control/fill-folder.js'
import { openRelay } from './relay/control/open-relay.js'
import { reasonForRelay } from './relay/control/plan-relay.js'
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
import type { StagedRelay, StagedSettings } from './stage/state.js'

/**
 * What extra-data.d does, on the host, as the user: it reads the settings, stages what the hook in the chroot needs,
 * and mounts that and the local mirror in the image.
 *
 * @param environment The hook's environment.
 * @throws HookError where a setting is wrong, or a mount fails; nothing of ours is mounted then.
 */
export const mountPypiMirror = async (environment: Environment): Promise<void> => {
  const settings = readSettings(environment)
  const { hooksFolder, imageRoot, mirrorFolder, partitions, verbose } = settings
  setVerbose(verbose)
  closeBuildFolder(hooksFolder, imageRoot)
  if (mirrorFolder !== undefined) {
    for (const target of [mirrorMountPoint, flatIndexMountPoint]) refusePartitions(target, partitions)
  }
  if (settings.fill && mirrorFolder !== undefined) prepareFillFolder(mirrorFolder)
  const usesMirror = settings.pip.indexes.some(({ url }) => isLocalMirror(url))
  const mirror = mirrorFolder !== undefined && usesMirror ? detectMirror(mirrorFolder) : undefined
  for (const warning of settings.warnings) warn(warning)
  const indexes = settings.pip.indexes.map((index) =>
    mirror !== undefined && isLocalMirror(index.url) ? { ...index, url: mirror.url } : index,
  )
  const programs = findPrograms()
  const folder = stageFolder(hooksFolder)
  mkdirSync(folder, { mode: 0o700 })
  if (settings.passwordVariables.length > 0) {
    writeFileSync(
      join(folder, stageEntry.hiddenVariables),
      settings.passwordVariables.map((name) => `${name}\n`).join(''),
    )
  }
  const reason = reasonForRelay(settings)
  const folderOf = (url: string): string | undefined => (isLocalMirror(url) ? mirrorFolder : undefined)
  const relay = reason === undefined ? undefined : await openRelay(settings, folderOf, environment)
  const pip: PipSettings = relay?.pip ?? { ...settings.pip, indexes }
  if (relay !== undefined) writeJson(join(folder, stageEntry.relay), { base: relay.base } satisfies StagedRelay)
  const builtins = externalBuiltins()
  const builtinCopies = join(folder, stageEntry.builtins)
  // The relay serves a flat folder by itself.
  const filesToIndex = relay === undefined ? mirror?.filesToIndex : undefined
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
  const mounting = mountIntoImage(imageRoot, folder, mounts, {
    meanwhile: () => {
      // An empty folder is as it should be where it is to be filled.
      if (!settings.fill) for (const warning of mirror?.warnings() ?? []) warn(warning)
      writeJson(join(folder, stageEntry.settings), {
        pip,
        footprint,
        mountPoints,
        asksIndexes: relay === undefined,
        verbose,
      } satisfies StagedSettings)
      const asksServers = pip.indexes.some(({ url }) => !isFolderUrl(url))
      return stageRuntime(folder, programs, asksServers)
    },
    afterwards: () => {
      if (filesToIndex !== undefined) writeFlatIndex(filesToIndex, localMirrorUrl, join(imageRoot, flatIndex))
    },
  })
  try {
    await mounting
  } catch (error) {
    if (relay !== undefined) await endRelay(relay.base)
    throw error
  }
  const kind = mirror === undefined ? '' : `, ${mirror.description},`
  const mounted =
    mirrorFolder === undefined ? 'no local mirror' : `${mirrorFolder}${kind} is read-only at ${mirrorMountPoint}`
  const byRelay = reason === undefined ? '' : `, through the relay (${reason})`
  info(`${mounted}; ${describeIndexes(indexes)}${byRelay}`)
}
