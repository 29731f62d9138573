import { readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { errorCode, UserError } from '../../base/errors.js'

/** A file of the host. */
export interface HostFile {
  readonly path: string
  readonly text: string
  /** Whether users of the host besides its owner and its group can read it. */
  readonly isOpen: boolean
}

/** What the system says of a file that cannot be read, in the words of a message. */
const faults: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ELOOP: 'is a link to itself',
}

/**
 * The path of a file that a mirrors file names.
 *
 * @param named As it is written: absolute, below `~/`, or from the folder of the mirrors file.
 */
export const pathOf = (named: string, mirrorsFile: string): string =>
  named.startsWith('~/') ? join(homedir(), named.slice(2)) : resolve(dirname(mirrorsFile), named)

/**
 * Reads a file of the host.
 *
 * @param named What names it, which begins the message.
 * @throws UserError if it cannot be read.
 */
export const readHostFile = (path: string, named: string): HostFile => {
  try {
    const { mode } = statSync(path)
    return { path, text: readFileSync(path, 'utf8'), isOpen: (mode & 0o004) !== 0 }
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (code === 'EISDIR') throw new UserError(`${named} ${path}, which is a folder: name a file`)
    throw new UserError(
      `${named} ${path}, which ${faults[code] ?? `cannot be read (${code})`}: fix the path or the file`,
    )
  }
}
