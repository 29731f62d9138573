import { UserError } from '../base/errors.js'

/**
 * Refuses a mount that dib would leave where it is, and then copy into the image and delete: it unmounts nothing whose path
 * ends in that of a partition (unmount_dir in dib's common-functions).
 *
 * @param target Where something is to be mounted, in the image.
 * @param partitions Where the image's partitions will be mounted, in the image.
 * @throws UserError where dib would.
 */
export const refusePartitions = (target: string, partitions: readonly string[]): void => {
  const partition = partitions.find((path) => path !== '/' && target.endsWith(path))
  if (partition === undefined) return
  throw new UserError(
    `a partition of the image is mounted at ${partition} (DIB_BLOCK_DEVICE_CONFIG), for which dib would not unmount ${target} but copy the mirror into the image: mount the partition elsewhere, or name a DIB_IMAGE_CACHE without pypi/mirror`,
  )
}
