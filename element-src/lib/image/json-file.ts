import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { ignoreErrors, UserError } from '../base/errors.js'

/** Makes a file of mode 0600 for a later hook of this build; what it returns writes a value there, once, and closes it. */
export const openJson = (path: string): ((value: unknown) => void) => {
  const file = openSync(path, 'wx', 0o600)
  return (value) => {
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
    closeSync(file)
  }
}

/** Makes such a file, and writes it at once. */
export const writeJson = (path: string, value: unknown): void => openJson(path)(value)

/**
 * Reads what an earlier hook of this build wrote so. It is this element's own, seconds old and in a folder
 * of root's or of the user's, so it is not checked against a schema, which would cost each hook 4 ms for zod.
 *
 * @throws UserError with the message `missing` if the file is not there, or if what is there is no JSON.
 */
export const readJson = <Value>(path: string, missing: string): Value => {
  const text = ignoreErrors(['ENOENT', 'ENOTDIR'], () => readFileSync(path, 'utf8'))
  // Empty: the hook was ended before it wrote.
  if (!text) throw new UserError(missing)
  try {
    return JSON.parse(text) as Value
  } catch {
    // Node.js' own message shows a part of the text.
    throw new UserError(`${path} is damaged, perhaps because no space was left: build again`)
  }
}
