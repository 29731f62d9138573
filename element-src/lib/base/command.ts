import { execFile, spawnSync } from 'node:child_process'
import { errorCode, UserError } from './errors.js'
import { step } from './log.js'

/** What is left of a program that has ended. */
interface Ended {
  readonly error?: unknown
  /** The exit status, or the signal that ended it. */
  readonly status: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

const outputOf = (program: string, args: readonly string[], { error, status, stdout, stderr }: Ended): string => {
  if (errorCode(error) === 'ENOENT') {
    throw new UserError(`${program} is not found in ${process.env['PATH'] ?? 'an empty PATH'}: install it`)
  }
  if (status !== 0) {
    const reason = stderr.trim().replace(/\s*\n\s*/g, '; ') || `it ended with ${status ?? error}`
    throw new UserError(`'${[program, ...args].join(' ')}' failed: ${reason}`)
  }
  return stdout
}

/**
 * Runs a program to its end. No shell is in between, and no argument ever holds a credential, since other processes
 * can read a program's arguments.
 *
 * @param program Its name on PATH, or its path.
 * @returns What it wrote to standard output.
 * @throws UserError if it is not there, or ends with another status than 0; the message has what it wrote to
 *   standard error.
 */
export const run = (program: string, args: readonly string[]): string => {
  step([program, ...args].join(' '))
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  return outputOf(program, args, { error, status: status ?? signal, stdout, stderr })
}

/**
 * Runs a program while this process goes on; otherwise as `run`.
 *
 * @param program Its name on PATH, or its path.
 * @returns What it wrote to standard output; rejected with what `run` throws.
 */
export const runAsync = (program: string, args: readonly string[]): Promise<string> => {
  step([program, ...args].join(' '))
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      try {
        resolve(outputOf(program, args, { error, status: error ? (error.code ?? error.signal) : 0, stdout, stderr }))
      } catch (failure) {
        reject(failure)
      }
    })
  })
}
