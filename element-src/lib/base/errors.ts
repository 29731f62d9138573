/**
 * A fault that a user can fix: what is wrong, the variable or the file, and what to do, in one line and without a
 * credential. Hooks end on it with exit status 1 and no stack trace.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** Whether a value is an error that carries an errno name (ENOENT, EACCES) as its `code`. */
const isSystemError = (error: unknown): error is Error & { code: string } =>
  error instanceof Error && 'code' in error && typeof error.code === 'string'

/**
 * The errno name of a failed system call.
 *
 * @returns The name (ENOENT), or undefined if the error is none of the system's.
 */
export const errorCode = (error: unknown): string | undefined => (isSystemError(error) ? error.code : undefined)

/** What was caught, in one line. */
export const errorMessage = (error: unknown): string => {
  const message = (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, '; ')
  // Of a write the system's message names no file, and none says whose space it is.
  return errorCode(error) === 'ENOSPC'
    ? `${message}: make room where dib builds (TMP_DIR), or in the image (DIB_IMAGE_SIZE)`
    : message
}

/**
 * Tries something and lets some faults pass.
 *
 * @param codes The errno names that are not a fault here.
 * @returns What the action returned, or undefined if it failed with one of the codes.
 * @throws Whatever else the action throws.
 */
export const ignoreErrors = <Result>(codes: readonly string[], action: () => Result): Result | undefined => {
  try {
    return action()
  } catch (error) {
    if (codes.includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}
