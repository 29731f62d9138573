/**
 * A fault that a user can fix: what is wrong, the variable or the file, and what to do, in one line and without a
 * credential. Hooks end on it with exit status 1 and no stack trace.
 */
export class UserError extends Error {
  override name = 'UserError'
}

/** The errno name of a failed system call, such as ENOENT. */
export const errorCode = (error: unknown): string | undefined =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined

/** What was caught, in one line. */
export const errorMessage = (error: unknown): string => {
  const message = (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, '; ')
  // Of a write the system's message names no file, and none says whose space it is.
  return errorCode(error) === 'ENOSPC'
    ? `${message}: make room where dib builds (TMP_DIR), or in the image (DIB_IMAGE_SIZE)`
    : message
}

/** Tries something; undefined if it fails with one of these errno names. */
export const ignoreErrors = <Result>(codes: readonly string[], action: () => Result): Result | undefined => {
  try {
    return action()
  } catch (error) {
    if (codes.includes(errorCode(error) ?? '')) return undefined
    throw error
  }
}

/** undefined if a text is not a URL. */
export const parseUrl = (text: string, base?: URL): URL | undefined =>
  ignoreErrors(['ERR_INVALID_URL'], () => new URL(text, base))

/** Runs a step of an undoing, of which each is tried, and says what went wrong with it. */
export const faultsOf = (step: () => void): readonly string[] => {
  try {
    step()
    return []
  } catch (error) {
    return [errorMessage(error)]
  }
}
