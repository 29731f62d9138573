import { readdirSync, readFileSync, statSync } from 'node:fs'
import { ignoreErrors } from './errors.js'

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
