import { readFileSync, writeFileSync } from 'node:fs'
import { ignoreErrors, UserError } from '../base/errors.js'

/** Writes a value as JSON, for a later hook of this build, mode 0600. */
export const writeJson = (path: string, value: unknown): void =>
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })

/**
 * Reads what an earlier hook of this build wrote with writeJson. It is this element's own, seconds old and in a folder
 * of root's or of the user's, so it is not checked against a schema, which would cost each hook 4 ms for zod.
 *
 * @param missing What to say where the file is not there: what did not run.
 * @throws UserError with that message, or where what is there is no JSON.
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
