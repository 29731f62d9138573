import { writeSync } from 'node:fs'

let verbose = false

/** Switches `step` on or off (DIB_DEBUG_TRACE). */
export const setVerbose = (on: boolean): void => {
  verbose = on
}

export const isVerbose = (): boolean => verbose

// Standard error is where dib-run-parts writes as well, so the lines come in the order in which they were said.
const say = (line: string): void => {
  writeSync(2, `pypi: ${line}\n`)
}

/** Says what a hook did: one line in the build's log. */
export const info = (line: string): void => say(line)

/** Says what a user should know, though the build goes on. */
export const warn = (line: string): void => say(`warning: ${line}`)

/** Says why the build ends here. */
export const fail = (line: string): void => say(`error: ${line}`)

/** Says a single step, where DIB_DEBUG_TRACE is above 0. */
export const step = (line: string): void => {
  if (verbose) say(`trace: ${line}`)
}
