import { spawnSync } from 'node:child_process'
import { errorCode } from './error.js'
import { HookError } from './hook-error.js'
import { step } from './log.js'

/**
 * Runs a program to its end. No shell is in between, and no argument ever holds a credential, since other processes
 * can read a program's arguments.
 *
 * @param program Its name on PATH, or its path.
 * @param args Its arguments.
 * @returns What it wrote to standard output.
 * @throws HookError where it is not there, or ends with another status than 0; the message has what it wrote to
 *   standard error.
 */
export const run = (program: string, args: readonly string[]): string => {
  const line = [program, ...args].join(' ')
  step(line)
  const result = spawnSync(program, args, { encoding: 'utf8', stdio: ['inherit', 'pipe', 'pipe'] })
  if (errorCode(result.error) === 'ENOENT') {
    throw new HookError(`${program} is not found in ${process.env['PATH'] ?? 'an empty PATH'}: install it`)
  }
  if (result.error) throw result.error
  if (result.status !== 0) {
    const reason = result.stderr.trim().replace(/\s*\n\s*/g, '; ') || `ended with ${result.signal ?? result.status}`
    throw new HookError(`'${line}' failed: ${reason}`)
  }
  return result.stdout
}
