import { readFileSync } from 'node:fs'
import { ignoreErrors } from '../base/errors.js'

/**
 * Reads what a wheel's metadata says of Python (Core metadata specifications, Requires-Python).
 *
 * @param path The wheel's path, on the host; its metadata lies beside it (PEP 658).
 * @returns Whether there is metadata, and the versions of Python that the wheel is for.
 */
export const readMetadata = (
  path: string,
): { readonly isThere: boolean; readonly requiresPython: string | undefined } => {
  const text = ignoreErrors(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR'], () => readFileSync(`${path}.metadata`, 'utf8'))
  // The description comes behind the first empty line, and may hold anything.
  const [head = ''] = (text ?? '').split(/\r?\n\r?\n/, 1)
  const [, requiresPython] = /^Requires-Python:[ \t]*(\S.*?)\s*$/im.exec(head) ?? []
  return { isThere: text !== undefined, requiresPython }
}
