import { closeSync, constants, openSync, writeSync } from 'node:fs'

/** Says lines in the build's log, at once. */
export interface RelayLog {
  /** What the relay did. */
  readonly info: (line: string) => void
  /** What a user should know, though the build goes on. */
  readonly warn: (line: string) => void
  /** The same, the first time. */
  readonly once: (line: string) => void
  /** Why the build will fail. */
  readonly fail: (line: string) => void
}

// O_NONBLOCK: do not wait for a pipe's reader. O_NOCTTY: the relay leads a session, and must not take a terminal.
const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NONBLOCK | constants.O_NOCTTY

/** More different lines than this nobody reads. */
const mostRemembered = 1000

/**
 * Opens the log for each line and closes it, so that a process that reads the log to its end does not wait for the relay.
 *
 * @param file Such as /proc/PID/fd/1. If it is gone, the build has ended, and the line is dropped.
 */
export const newRelayLog = (file: string): RelayLog => {
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
  const warn = (line: string): void => say(`warning: ${line}`)
  const once = (line: string): void => {
    if (said.size < mostRemembered && !said.has(line)) warn(line)
    said.add(line)
  }
  return { info: say, warn, once, fail: (line) => say(`error: ${line}`) }
}
