import { statSync } from 'node:fs'
import { run } from '../hook/command.js'

/**
 * A file's or folder's modification time.
 *
 * @param path Where.
 * @returns Nanoseconds since 1970, as decimal digits.
 */
export const modificationTime = (path: string): string => String(statSync(path, { bigint: true }).mtimeNs)

/**
 * Sets a modification time. Node.js's own utimes takes seconds as a floating-point number, which loses nanoseconds, so
 * this is touch(1).
 *
 * @param path Where.
 * @param nanoseconds Nanoseconds since 1970, as decimal digits.
 */
export const setModificationTime = (path: string, nanoseconds: string): void => {
  const digits = nanoseconds.padStart(10, '0')
  run('touch', ['--no-create', '--no-dereference', '-m', `--date=@${digits.slice(0, -9)}.${digits.slice(-9)}`, path])
}
