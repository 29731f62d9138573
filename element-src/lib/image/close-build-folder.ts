import { chmodSync, statSync } from 'node:fs'
import { dirname } from 'node:path'

/**
 * Closes dib's build folder to the other users of the host. On tmpfs dib leaves it open to everyone (1777), so that they could
 * read in it what every user of the image may read, such as our configuration. The image's own users still read: no path in
 * a chroot leads through that folder.
 *
 * @param hooksFolder dib's $TMP_HOOKS_PATH, on the host.
 * @param imageRoot dib's $TMP_MOUNT_PATH, on the host.
 */
export const closeBuildFolder = (hooksFolder: string, imageRoot: string): void => {
  const folder = dirname(hooksFolder)
  // Both are in the build folder; anything else is none of dib's.
  if (folder !== dirname(imageRoot)) return
  const { uid, mode } = statSync(folder)
  if (uid === process.getuid?.() && (mode & 0o077) !== 0) chmodSync(folder, 0o700)
}
