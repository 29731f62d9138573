import { statSync, utimesSync } from 'node:fs'
import { run } from '../hook/command.js'

/**
 * A file's or folder's modification time.
 *
 * @param path Where.
 * @returns Nanoseconds since 1970, as decimal digits.
 */
export const modificationTime = (path: string): string => String(statSync(path, { bigint: true }).mtimeNs)

/**
 * Sets a modification time.
 *
 * @param path Where.
 * @param nanoseconds Nanoseconds since 1970, as decimal digits.
 */
export const setModificationTime = (path: string, nanoseconds: string): void => {
  const digits = nanoseconds.padStart(10, '0')
  const [seconds, fraction] = [digits.slice(0, -9), digits.slice(-9)]
  // Node.js' own way has the seconds as a floating-point number: right for whole ones, as tarballs have them.
  if (/^0+$/.test(fraction)) utimesSync(path, statSync(path).atimeMs / 1000, Number(seconds))
  else run('touch', ['--no-create', '-m', `--date=@${seconds}.${fraction}`, path])
}
