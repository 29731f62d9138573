import { basename } from 'node:path'

/**
 * A hook's seconds in dib's PROFILING tables.
 *
 * @param log The log of a build without dib's timestamps.
 * @throws Error where it did not run to its end.
 */
export const hookSeconds = (log: string, hook: string): number => {
  const [, seconds] = new RegExp(`^dib-run-parts ${basename(hook)} +([0-9.]+)$`, 'm').exec(log) ?? []
  if (seconds === undefined) throw new Error(`${hook} did not run to its end:\n${log.slice(-2000)}`)
  return Number(seconds)
}
