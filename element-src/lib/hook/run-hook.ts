import { errorMessage, HookError } from './error.js'
import { fail, isVerbose } from './log.js'

/**
 * Runs a hook's action: the one place where errors are caught. A fault ends the hook with one line and exit status 1,
 * so that dib-run-parts ends the build.
 *
 * @param action What the hook does.
 */
export const runHook = async (action: () => void | Promise<void>): Promise<void> => {
  try {
    await action()
  } catch (error) {
    fail(errorMessage(error))
    if (!(error instanceof HookError) && isVerbose() && error instanceof Error) fail(String(error.stack))
    process.exitCode = 1
  }
}
