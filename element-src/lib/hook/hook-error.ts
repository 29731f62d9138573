/**
 * A fault that a person can mend: what is wrong, the variable or the file, and what to do, in one line and without a
 * credential. Hooks end on it with exit status 1 and no stack trace.
 */
export class HookError extends Error {
  override name = 'HookError'
}
