import { errorMessage, UserError } from './errors.js'
import { fail, isVerbose } from './log.js'

/**
 * Runs a hook's action: the one place where errors are caught. A fault ends the hook with one line and exit status 1,
 * so that dib-run-parts ends the build. So does an action that never comes to its end, on which Node.js ends quietly when
 * nothing is left to wait for: the status is 0 only after the last step.
 */
export const runHook = async (action: () => void | Promise<void>): Promise<void> => {
  process.exitCode = 1
  // The caller's may be 027 or 077, by which no user of the image but root would read what is for all of them. What is
  // secret has a mode of its own.
  process.umask(0o022)
  const tellUnfinished = (): void =>
    fail('the hook ended before it was done. This is an error of the element: report it')
  process.once('exit', tellUnfinished)
  try {
    await action()
    process.exitCode = 0
  } catch (error) {
    fail(errorMessage(error))
    if (!(error instanceof UserError) && isVerbose() && error instanceof Error) fail(String(error.stack))
  }
  process.removeListener('exit', tellUnfinished)
}
