import { join } from 'node:path'
import type { ImageMount } from './mount-into-image.js'
import { flatIndexMountPoint, mirrorMountPoint, stageEntry, stageMountPoint } from './paths.js'

/** What is to be mounted in the image. */
export interface MountPlan {
  /** The stage folder, on the host. */
  readonly stage: string
  /** The image's root, on the host. */
  readonly imageRoot: string
  /** The local mirror, on the host; undefined where there is none. */
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
