import { execFile, spawnSync } from 'node:child_process'
import { errorCode, UserError } from './errors.js'
import { step } from './log.js'

export type Environment = Readonly<Record<string, string | undefined>>

/** @param status The exit status, or the signal that ended it. */
const faultOf = (
  command: readonly string[],
  error: unknown,
  status: unknown,
  stderr: string,
): UserError | undefined => {
  if (status === 0) return undefined
  if (errorCode(error) === 'ENOENT')
    return new UserError(`${command[0]} is not found in ${process.env['PATH'] ?? 'an empty PATH'}: install it`)
  const reason = stderr.trim().replace(/\s*\n\s*/g, '; ') || `it ended with ${status ?? error}`
  return new UserError(`'${command.join(' ')}' failed: ${reason}`)
}

/**
 * Runs a program to its end, and returns what it wrote to standard output. No argument ever holds a credential, since other
 * processes can read a program's arguments.
 *
 * @throws UserError if it is not there, or ends with another status than 0, with what it wrote to standard error.
 */
export const run = (program: string, args: readonly string[]): string => {
  const command = [program, ...args]
  step(command.join(' '))
  const ended = spawnSync(program, args, { encoding: 'utf8', stdio: ['inherit', 'pipe', 'pipe'] })
  // Of what did not start there is no output.
  const status = ended.status ?? ended.signal ?? errorCode(ended.error)
  const fault = faultOf(command, ended.error, status, ended.stderr ?? '')
  if (fault !== undefined) throw fault
  return ended.stdout
}

/** Runs a program while this process goes on; otherwise as `run`. */
export const runAsync = (program: string, args: readonly string[]): Promise<string> => {
  const command = [program, ...args]
  step(command.join(' '))
  return new Promise((resolve, reject) => {
    execFile(program, args, { encoding: 'utf8' }, (error, stdout, stderr) => {
      const fault = faultOf(command, error, error ? (error.code ?? error.signal) : 0, stderr)
      if (fault === undefined) resolve(stdout)
      else reject(fault)
    })
  })
}
