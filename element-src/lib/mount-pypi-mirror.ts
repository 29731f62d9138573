import { chmodSync, mkdirSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from './base/command.js'
import { UserError } from './base/errors.js'
import { info, warn } from './base/log.js'
import type { StagedSettings } from './configure-pypi-mirror.js'
import { planFootprint } from './image/footprint.js'
import { type Mount, mountIntoImage, refusePartitions } from './image/mounts.js'
import { refuseFileAt } from './image/path-in-root.js'
import {
  flatIndexMountPoint,
  flatIndexUrl,
  inStage,
  mirrorMountPoint,
  stageEntry,
  stageFolder,
  stageMountPoint,
  writeJson,
} from './image/stage.js'
import { findPrograms, stageBuiltins, stageRuntime } from './image/stage-runtime.js'
import { detectMirrors, missingFolder } from './index/local-mirror.js'
import { pythonsIn, targetFault } from './index/wheel-targets.js'
import { readLock } from './receipt/bill.js'
import { planReceipt } from './receipt/receipt-file.js'
import { askRelay, startRelay } from './relay/control.js'
import { describeIndexes } from './settings/index-list.js'
import { readSettings, type Settings } from './settings/settings.js'

/**
 * Closes dib's build folder to the other users of the host. On tmpfs dib leaves it open to everyone (1777), so that they could
 * read in it what every user of the image may read, such as our configuration. The image's own users still read: no path in
 * a chroot leads through that folder.
 */
const closeBuildFolder = (hooksFolder: string, imageRoot: string): void => {
  const folder = dirname(hooksFolder)
  // Both are in the build folder; anything else is none of dib's.
  if (folder !== dirname(imageRoot)) return
  const { uid, mode } = statSync(folder)
  if (uid === process.getuid?.() && (mode & 0o077) !== 0) chmodSync(folder, 0o700)
}

const describeBuild = ({ mirrorFolder, localMirrors, fill, pip, reasonForRelay }: Settings): void => {
  if (mirrorFolder !== undefined && !localMirrors.some(({ below }) => below === ''))
    info(`${mirrorFolder} is read-only at ${mirrorMountPoint} in the image, and not an index of this build by itself`)
  for (const { below, folder, description, url } of localMirrors) {
    // One that is to be filled may have been missing when the settings were read; it has been made since.
    const what = fill && below === '' && description === missingFolder ? 'an empty folder' : description
    // The relay serves the host's folders by itself.
    const made = reasonForRelay === undefined && url.startsWith(flatIndexUrl) ? `, with its index at ${url}` : ''
    info(`${folder} is ${what}; it is read-only at ${join(mirrorMountPoint, below)} in the image${made}`)
  }
  if (reasonForRelay !== undefined)
    info(`a relay on this host is between installers and indexes, for ${reasonForRelay}`)
  info(`the build uses ${describeIndexes(pip.indexes)}`)
}

/** Makes a folder for the relay to fill, if it is not there. One that another tool made stays as it is. */
const prepareFillFolder = (folder: string): void => {
  // dib keeps its cache in folders of these modes.
  mkdirSync(folder, { recursive: true, mode: 0o755 })
  if (detectMirrors(folder, ['']).every(({ isFlat }) => isFlat)) return
  throw new UserError(
    `${folder} holds something other than wheels and sdists side by side, so DIB_PYPI_FILL_MIRROR does not touch it: name another DIB_IMAGE_CACHE, or unset DIB_PYPI_FILL_MIRROR`,
  )
}

/**
 * What extra-data.d does, on the host, as the user: it reads the settings, stages what the hook in the chroot needs,
 * and mounts that and the local mirror in the image. If it fails, nothing of ours is mounted.
 */
export const mountPypiMirror = async (environment: Environment): Promise<void> => {
  const settings = readSettings(environment)
  const { mirrorFolder, localMirrors, TMP_HOOKS_PATH: hooksFolder, TMP_MOUNT_PATH: imageRoot } = settings
  const { DIB_MOUNTPOINTS: partitions, DIB_PYPI_LOCK } = settings
  closeBuildFolder(hooksFolder, imageRoot)
  if (mirrorFolder !== undefined) {
    for (const target of [mirrorMountPoint, flatIndexMountPoint]) refusePartitions(target, partitions)
  }
  if (settings.fill && mirrorFolder !== undefined) prepareFillFolder(mirrorFolder)
  refuseFileAt(imageRoot, '/root')
  for (const warning of settings.warnings) warn(warning)
  const lock = DIB_PYPI_LOCK === undefined ? undefined : readLock(DIB_PYPI_LOCK)
  const receipt = settings.DIB_PYPI_RECEIPT ? planReceipt(environment, partitions, DIB_PYPI_LOCK) : undefined
  const programs = findPrograms()
  const folder = stageFolder(hooksFolder)
  mkdirSync(folder, { mode: 0o700 })
  if (receipt !== undefined) writeJson(join(folder, stageEntry.receipt), receipt)
  const hidden = settings.passwordVariables
  if (hidden.length > 0) writeFileSync(join(folder, stageEntry.hiddenVariables), `${hidden.join('\n')}\n`)
  describeBuild(settings)
  const relay = settings.reasonForRelay === undefined ? undefined : await startRelay(settings, environment, lock)
  const pip = relay?.pip ?? settings.pip
  // It is what environment.d/01-reach-pypi-relay.bash looks for, in each phase from here on.
  if (relay !== undefined) writeJson(join(folder, stageEntry.relay), { control: relay.control })
  const builtins = stageBuiltins(folder, imageRoot)
  const indexesToMake = relay === undefined ? localMirrors.flatMap(({ writeIndex }) => writeIndex ?? []) : []
  const flatIndex = inStage(stageEntry.flatIndex)
  // In the order in which they are made.
  const mounts: readonly Mount[] = [
    { source: folder, target: stageMountPoint, isWritable: true },
    ...(mirrorFolder === undefined
      ? []
      : [{ source: mirrorFolder, target: mirrorMountPoint, through: inStage(stageEntry.mirror) }]),
    { source: process.execPath, target: inStage(stageEntry.node) },
    ...(indexesToMake.length === 0
      ? []
      : [
          { source: undefined, target: flatIndex, isWritable: true },
          { source: join(imageRoot, flatIndex), target: flatIndexMountPoint },
        ]),
    ...builtins,
  ]
  const mountPoints = [stageMountPoint, ...builtins.map(({ target }) => target)]
  const footprint = planFootprint(imageRoot, mountPoints)
  writeFileSync(join(folder, stageEntry.node), '')
  for (const name of [stageEntry.mirror, stageEntry.flatIndex]) mkdirSync(join(folder, name))
  const meanwhile = (): Promise<void> => {
    // What folders do not have for the image's Python is nowhere.
    const hasOthers = settings.pip.indexes.some((index) => index.folder === undefined)
    const pythons = hasOthers ? [] : pythonsIn(imageRoot)
    for (const { below, files, warnings } of localMirrors) {
      // A folder that is to be filled may be empty.
      if (!settings.fill || below !== '' || files.length > 0) warnings().forEach(warn)
      const fault = targetFault(files, pythons)
      if (fault !== undefined) warn(`${join(mirrorMountPoint, below)}: ${fault}`)
    }
    const staged: StagedSettings = { pip, footprint, mountPoints, verbose: settings.DIB_DEBUG_TRACE }
    writeJson(join(folder, stageEntry.settings), staged)
    return stageRuntime(folder, programs)
  }
  const afterwards = (): void => {
    for (const writeIndex of indexesToMake) writeIndex(join(imageRoot, flatIndex))
  }
  try {
    await mountIntoImage(imageRoot, folder, mounts, { meanwhile, afterwards })
  } catch (error) {
    if (relay !== undefined) await askRelay(relay.control, 'POST').catch(() => undefined)
    throw error
  }
  // It is on only if installers are told of it, or the relay asks it for the files of a lock.
  const isOn =
    pip.indexes.some(({ isOfficial }) => isOfficial) || (lock !== undefined && settings.officialIsOff === undefined)
  const why = settings.officialIsOff ?? 'it cannot be reached'
  info(isOn ? 'the build asks PyPI too' : `the build does not ask PyPI (${why})`)
}
