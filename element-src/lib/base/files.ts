import { readdirSync, readFileSync, statSync } from 'node:fs'
import { errorCode, ignoreErrors, UserError } from './errors.js'

/** Looks at the file system: undefined if nothing is there, or nothing that this process may see. */
export const ifSeen = <Result>(look: () => Result): Result | undefined =>
  ignoreErrors(['ENOENT', 'ENOTDIR', 'ESRCH', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG'], look)

/** What a regular file holds, links followed; undefined if there is none: a FIFO would keep a reader waiting. */
export const bytesAt = (path: string): Buffer | undefined =>
  ifSeen(() => (statSync(path).isFile() ? readFileSync(path) : undefined))

/** The same as text. Latin-1 maps each byte to one character, so that no byte is lost. */
export const textAt = (path: string, encoding: 'latin1' | 'utf8' = 'latin1'): string | undefined =>
  bytesAt(path)?.toString(encoding)

/** The names in a folder; none if it cannot be looked into. */
export const namesIn = (folder: string): readonly string[] => ifSeen(() => readdirSync(folder)) ?? []

/** What the system says of a file that cannot be read, in the words of a message. */
const faults: Readonly<Record<string, string>> = {
  ENOENT: 'is not there',
  ENOTDIR: 'is not there',
  EACCES: 'may not be read by this user',
  EPERM: 'may not be read by this user',
  ELOOP: 'is a link to itself',
}

/** Reads a file of the host that the user names; throws a UserError, which begins with what names the file, if it cannot be read. */
export const readHostFile = (path: string, named: string) => {
  try {
    const { mode } = statSync(path)
    const isOpen = (mode & 0o004) !== 0
    return { path, text: readFileSync(path, 'utf8'), /** Whether every user of the host can read it. */ isOpen }
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (code === 'EISDIR') throw new UserError(`${named} ${path}, which is a folder: name a file`)
    throw new UserError(
      `${named} ${path}, which ${faults[code] ?? `cannot be read (${code})`}: fix the path or the file`,
    )
  }
}
