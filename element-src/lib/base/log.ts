import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { errorMessage, UserError } from './errors.js'

/** `1 file`, `2 files`. */
export const count = (n: number, thing: string): string => `${n} ${thing}${n === 1 ? '' : 's'}`

/** The element's name, as servers and readers of receipts see it. */
export const toolName = 'dib-pypi-element'

/** A log, by what writes its lines. */
const newLog = (write: (line: string) => void) => {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: what a server sent must not steer a terminal.
  const info = (line: string): void => write(`pypi: ${line.replace(/[\u0000-\u001f\u007f]+/g, ' ')}\n`)
  return {
    info,
    /** What a user should know; the build goes on. */
    warn: (line: string): void => info(`warning: ${line}`),
    /** Why the build fails. */
    fail: (line: string): void => info(`error: ${line}`),
  }
}

// Standard error is where dib-run-parts writes as well, so the lines come in the order in which they were said.
const log = newLog((line) => void writeSync(2, line))

export const { info, warn } = log

let verbose = false

/** Switches `step` on (DIB_DEBUG_TRACE above 0). */
export const setVerbose = (on: boolean): void => {
  verbose = on
}

export const step = (line: string): void => {
  if (verbose) info(`trace: ${line}`)
}

let umaskBefore: number | undefined

/** The umask of who called the hook. */
export const callersUmask = (): number => umaskBefore ?? process.umask()

/**
 * Runs a hook's action: the one place where errors are caught. A fault ends the hook with one line and exit status 1,
 * so that dib-run-parts ends the build. So does an action that never comes to its end, on which Node.js ends quietly when
 * nothing is left to wait for: the status is 0 only after the last step.
 */
export const runHook = async (action: () => void | Promise<void>): Promise<void> => {
  process.exitCode = 1
  // The caller's may be 027 or 077, by which no user of the image but root would read what is for all of them. What is
  // secret has a mode of its own.
  umaskBefore = process.umask(0o022)
  const tellUnfinished = (): void =>
    log.fail('the hook ended before it was done. This is an error of the element: report it')
  process.once('exit', tellUnfinished)
  try {
    await action()
    process.exitCode = 0
  } catch (error) {
    log.fail(errorMessage(error))
    if (!(error instanceof UserError) && verbose && error instanceof Error) error.stack?.split('\n').forEach(log.fail)
  }
  process.removeListener('exit', tellUnfinished)
}

/** More different lines than this nobody reads. */
const mostRemembered = 1000

export type RelayLog = ReturnType<typeof newRelayLog>

/**
 * Opens the log for each line and closes it, so that a process that reads the log to its end does not wait for the relay.
 *
 * @param file Such as /proc/PID/fd/1. If it is gone, the build has ended, and the line is dropped.
 */
export const newRelayLog = (file: string) => {
  // O_NONBLOCK: do not wait for a pipe's reader. O_NOCTTY: the relay leads a session, and must not take a terminal.
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY
  const log = newLog((line) => {
    try {
      const descriptor = openSync(file, flags)
      try {
        writeSync(descriptor, line)
      } finally {
        closeSync(descriptor)
      }
    } catch {
      // Serving goes on.
    }
  })
  const said = new Set<string>()
  /** A warning, the first time. */
  const once = (line: string): void => {
    if (said.size >= mostRemembered || said.has(line)) return
    said.add(line)
    log.warn(line)
  }
  return { ...log, once }
}
