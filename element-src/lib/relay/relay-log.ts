import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** Says lines in the build's log, at once. */
export type RelayLog = ReturnType<typeof newRelayLog>

// O_NONBLOCK: do not wait for a pipe's reader. O_NOCTTY: the relay leads a session, and must not take a terminal.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY

/** More different lines than this nobody reads. */
const mostRemembered = 1000

/**
 * Opens the log for each line and closes it, so that a process that reads the log to its end does not wait for the relay.
 *
 * @param file Such as /proc/PID/fd/1. If it is gone, the build has ended, and the line is dropped.
 */
export const newRelayLog = (file: string) => {
  const say = (line: string): void => {
    try {
      const descriptor = openSync(file, flags)
      try {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: what a server sent must not steer a terminal.
        writeSync(descriptor, `pypi: ${line.replace(/[\u0000-\u001f\u007f]+/g, ' ')}\n`)
      } finally {
        closeSync(descriptor)
      }
    } catch {
      // Serving goes on.
    }
  }
  const said = new Set<string>()
  /** What a user should know, though the build goes on. */
  const warn = (line: string): void => say(`warning: ${line}`)
  /** The same, the first time. */
  const once = (line: string): void => {
    if (said.size < mostRemembered && !said.has(line)) warn(line)
    said.add(line)
  }
  return { info: say, warn, once, /** Why the build will fail. */ fail: (line: string): void => say(`error: ${line}`) }
}
