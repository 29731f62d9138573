import { statSync, utimesSync } from 'node:fs'
import { run } from '../base/command.js'

/**
 * A file's or folder's modification time.
 *
 * @returns Nanoseconds since 1970, as decimal digits, after a minus sign where it is before 1970.
 */
export const modificationTime = (path: string): string => String(statSync(path, { bigint: true }).mtimeNs)

/**
 * Sets a modification time.
 *
 * @param nanoseconds Nanoseconds since 1970, as modificationTime has them.
 */
export const setModificationTime = (path: string, nanoseconds: string): void => {
  const [, sign = '', digits = ''] =
    /^(-?)(\d+)$/.exec(nanoseconds.replace(/\d+/, (all) => all.padStart(10, '0'))) ?? []
  const [seconds, fraction] = [digits.slice(0, -9), digits.slice(-9)]
  // Node.js' own way has the seconds as a floating-point number: right for whole ones, as tarballs have them. It takes a
  // time before 1970 for now.
  if (sign === '' && /^0+$/.test(fraction)) utimesSync(path, statSync(path).atimeMs / 1000, Number(seconds))
  else run('touch', ['--no-create', '-m', `--date=@${sign}${seconds}.${fraction}`, path])
}
