import { execFile, spawnSync } from 'node:child_process'
import { errorCode, UserError } from './errors.js'
import { step } from './log.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** @param status The exit status, or the signal that ended it. */
const outputOf = (
  command: readonly string[],
  error: unknown,
  status: number | string | null | undefined,
  stdout: string,
  stderr: string,
): string => {
  if (errorCode(error) === 'ENOENT') {
    throw new UserError(`${command[0]} is not found in ${process.env['PATH'] ?? 'an empty PATH'}: install it`)
  }
  if (status !== 0) {
    const reason = stderr.trim().replace(/\s*\n\s*/g, '; ') || `it ended with ${status ?? error}`
    throw new UserError(`'${command.join(' ')}' failed: ${reason}`)
  }
  return stdout
}

/**
 * Runs a program to its end, and returns what it wrote to standard output. No argument ever holds a credential, since other
 * processes can read a program's arguments.
 *
 * @throws UserError if it is not there, or ends with another status than 0, with what it wrote to standard error.
 */
export const run = (program: string, args: readonly string[]): string => {
  step([program, ...args].join(' '))
  const { error, status, signal, stdout, stderr } = spawnSync(program, args, {
    encoding: 'utf8',
    stdio: ['inherit', 'pipe', 'pipe'],
  })
  return outputOf([program, ...args], error, status ?? signal, stdout, stderr)
}

/** Runs a program while this process goes on; otherwise as `run`. */
export const runAsync = (program: string, args: readonly string[]): Promise<string> => {
  step([program, ...args].join(' '))
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      try {
        resolve(outputOf([program, ...args], error, error ? (error.code ?? error.signal) : 0, stdout, stderr))
      } catch (failure) {
        reject(failure)
      }
    })
  })
}
