import { join } from 'node:path'
import { UserError } from '../base/errors.js'
import type { ImageMount } from './mount-into-image.js'
import { flatIndexMountPoint, mirrorMountPoint, stageEntry, stageMountPoint } from './paths.js'

/** What is to be mounted in the image. */
export interface MountPlan {
  /** The stage folder, on the host. */
  readonly stage: string
  /** The image's root, on the host. */
  readonly imageRoot: string
  /** The local mirror, on the host; undefined if there is none. */
  readonly mirrorFolder: string | undefined
  /** Whether an index in memory is made. */
  readonly hasFlatIndex: boolean
  /** Other folders: of the host, and where they are shown in the image. */
  readonly folders: readonly { readonly source: string; readonly target: string }[]
}

/**
 * Lists the mounts of extra-data.d, in the order in which they are made: the stage folder, the local mirror, the host's
 * Node.js, the index in memory, and other folders. All but the stage and the memory itself are read-only.
 */
export const planMounts = ({
  stage,
  imageRoot,
  mirrorFolder,
  hasFlatIndex,
  folders,
}: MountPlan): readonly ImageMount[] => {
  const flatIndex = `${stageMountPoint}/${stageEntry.flatIndex}`
  const through = `${stageMountPoint}/${stageEntry.mirror}`
  return [
    { source: stage, target: stageMountPoint, isReadOnly: false },
    ...(mirrorFolder === undefined
      ? []
      : [{ source: mirrorFolder, target: mirrorMountPoint, isReadOnly: true, through }]),
    { source: process.execPath, target: `${stageMountPoint}/${stageEntry.node}`, isReadOnly: true },
    ...(hasFlatIndex
      ? [
          { source: undefined, target: flatIndex, isReadOnly: false },
          { source: join(imageRoot, flatIndex), target: flatIndexMountPoint, isReadOnly: true },
        ]
      : []),
    ...folders.map((folder) => ({ ...folder, isReadOnly: true })),
  ]
}

/**
 * Refuses a mount that dib would leave where it is, and then copy into the image and delete: it unmounts nothing whose path
 * ends in that of a partition (unmount_dir in dib's common-functions).
 *
 * @param target Where something is to be mounted, in the image.
 * @param partitions Where the image's partitions will be mounted, in the image.
 * @throws UserError if dib would.
 */
export const refusePartitions = (target: string, partitions: readonly string[]): void => {
  const partition = partitions.find((path) => path !== '/' && target.endsWith(path))
  if (partition === undefined) return
  throw new UserError(
    `a partition of the image is mounted at ${partition} (DIB_BLOCK_DEVICE_CONFIG), for which dib would not unmount ${target} but copy the mirror into the image: mount the partition elsewhere, or name a DIB_IMAGE_CACHE without pypi/mirror`,
  )
}
