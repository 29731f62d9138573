import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.js'

/** A file or folder that is bind-mounted at another path, or an empty file system in memory. */
export interface Mount {
  /** The file or folder that is shown; undefined for an empty file system in memory, of the user who runs the hook. */
  readonly source: string | undefined
  /** The mount target: it exists, or is a folder that is made. */
  readonly target: string
  readonly isReadOnly: boolean
}

// fstab(5): a blank in a field is written as \040, and any other byte may be written the same way.
const field = (path: string): string =>
  Buffer.from(path)
    .toString('latin1')
    .replace(/[^A-Za-z0-9/._-]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`)

/**
 * Mounts as lines of fstab(5). Each is made private right after the bind, since a mount below a shared `/` would
 * share dib's unmounting of it with the host; and read-only after that.
 */
export const mountTable = (mounts: readonly Mount[]): string =>
  mounts
    .map(({ source, target, isReadOnly }) => {
      const shared = `private,${isReadOnly ? 'ro' : 'rw'},X-mount.mkdir`
      return source === undefined
        ? `tmpfs ${field(target)} tmpfs ${shared},mode=0755,uid=${process.getuid?.()} 0 0\n`
        : `${field(source)} ${field(target)} none bind,${shared} 0 0\n`
    })
    .join('')

/**
 * Writes a table of mounts into a folder, and says how mount(8) makes all of them in one process: sudo's own start costs a
 * third of that of Node.js.
 */
export const mountArguments = (folder: string, mounts: readonly Mount[]): readonly string[] => {
  const table = join(folder, 'fstab')
  writeFileSync(table, mountTable(mounts))
  // --no-mtab: mount keeps no record of its own in /run/mount, which would be in the image.
  return ['--no-mtab', '--all', '--fstab', table]
}

const unescapeOctal = (text: string): string =>
  Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  ).toString('utf8')

/** The kernel's list of mounts in its order (proc_pid_mountinfo(5)): of two at one path, the later is on top. */
export const parseMountinfo = (text = readFileSync('/proc/self/mountinfo', 'latin1')) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, , , , target = '', options = '', ...rest] = line.split(' ')
      const tags = rest.slice(0, rest.indexOf('-'))
      return {
        target: unescapeOctal(target),
        isReadOnly: options.split(',').includes('ro'),
        // It is in no peer group and follows none.
        isPrivate: !tags.some((tag) => /^(?:shared|master):/.test(tag)),
      }
    })

/** What is mounted at a path. */
export const topMount = (path: string) =>
  parseMountinfo()
    .filter(({ target }) => target === path)
    .at(-1)

/**
 * Refuses a mount that dib would leave where it is, and then copy into the image and delete: it unmounts nothing whose path
 * ends in that of a partition (unmount_dir in dib's common-functions).
 *
 * @param partitions Where the image's partitions will be mounted, in the image.
 */
export const refusePartitions = (target: string, partitions: readonly string[]): void => {
  const partition = partitions.find((path) => path !== '/' && target.endsWith(path))
  if (partition === undefined) return
  throw new UserError(
    `a partition of the image is mounted at ${partition} (DIB_BLOCK_DEVICE_CONFIG), so dib would not unmount ${target} but copy the mirror into the image. Mount the partition elsewhere, or name a DIB_IMAGE_CACHE without pypi/mirror`,
  )
}
