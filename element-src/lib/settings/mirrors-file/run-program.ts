import { readFileSync } from 'node:fs'
import { errorMessage, UserError } from '../../base/errors.js'
import { setVerbose } from '../../base/log.js'
import { callerEnvironment } from './caller-environment.js'
import { type FileIndexes, readMirrorsFile } from './read-mirrors-file.js'

/** What the program is told, as JSON on its standard input. */
export interface FileQuestion {
  /** The mirrors file, on the host. */
  readonly path: string
  readonly withoutOfficial: boolean
  /** The environment of the build's caller, as launcher/hand-over-environment.sh has it. */
  readonly caller: string
  /** Whether each step is said. */
  readonly verbose: boolean
}

/** What it answers, as JSON on its standard output. */
export type FileAnswer = FileIndexes | { readonly error: string }

const answerTo = ({ path, withoutOfficial, caller, verbose }: FileQuestion): FileAnswer => {
  setVerbose(verbose)
  try {
    return readMirrorsFile(path, { withoutOfficial, caller: callerEnvironment(caller), now: new Date() })
  } catch (error) {
    if (error instanceof UserError) return { error: errorMessage(error) }
    throw error
  }
}

/** Reads a mirrors file for a hook: a program of its own, so that it costs no build that has no such file. */
export const runProgram = (): void => {
  process.stdout.write(JSON.stringify(answerTo(JSON.parse(readFileSync(0, 'utf8')) as FileQuestion)))
}
