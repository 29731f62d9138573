import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../hook/command.js'

/** A bind mount. */
export interface BindMount {
  /** The file or folder that is shown. */
  readonly source: string
  /** The place where it is shown: there already, or a folder that is made. */
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
 * Bind mounts as lines of fstab(5). Each is made private right after the bind, since a mount below a shared `/` would
 * share dib's unmounting of it with the host; and read-only after that.
 *
 * @param mounts The mounts, in order.
 */
export const mountTable = (mounts: readonly BindMount[]): string =>
  mounts
    .map(({ source, target, isReadOnly }) => {
      const options = `bind,private,${isReadOnly ? 'ro' : 'rw'},X-mount.mkdir`
      return `${field(source)} ${field(target)} none ${options} 0 0\n`
    })
    .join('')

/**
 * Mounts all of a table in one process, since a process with sudo costs a third of a start of Node.js.
 *
 * @param command mount(8), with what goes before it.
 * @param folder A folder to write the table in.
 * @param mounts The mounts, in order.
 * @throws HookError where one of them fails; those before it stay.
 */
export const mountAll = (
  command: readonly [string, ...string[]],
  folder: string,
  mounts: readonly BindMount[],
): void => {
  const table = join(folder, 'fstab')
  writeFileSync(table, mountTable(mounts))
  const [program, ...args] = command
  // --no-mtab: mount keeps no record of its own in /run/mount, which would be in the image.
  run(program, [...args, '--no-mtab', '--all', '--fstab', table])
}
