import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

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
  Array.from(Buffer.from(path), (byte) =>
    /[A-Za-z0-9/._-]/.test(String.fromCharCode(byte))
      ? String.fromCharCode(byte)
      : `\\${byte.toString(8).padStart(3, '0')}`,
  ).join('')

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
 * Writes a table of mounts, and says how to mount all of it in one process: sudo's own start costs a third of that of
 * Node.js.
 *
 * @param folder A folder to write the table in.
 */
export const mountArguments = (folder: string, mounts: readonly Mount[]): readonly string[] => {
  const table = join(folder, 'fstab')
  writeFileSync(table, mountTable(mounts))
  // --no-mtab: mount keeps no record of its own in /run/mount, which would be in the image.
  return ['--no-mtab', '--all', '--fstab', table]
}
