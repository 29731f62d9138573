import { readFileSync } from 'node:fs'
import { ignoreErrors } from './errors.js'

/** A process, such that another one that gets its number later is not taken for it. */
export interface Process {
  readonly pid: number
  /** When it started, in clock ticks since the machine did (proc_pid_stat(5), field 22). */
  readonly startTime: string
}

const read = (path: string): string | undefined =>
  ignoreErrors(['ENOENT', 'ESRCH', 'EACCES', 'EPERM'], () => readFileSync(path, 'latin1'))

/** The fields of /proc/PID/stat behind the program's name, which may hold spaces and brackets; the first is field 3. */
export const statOf = (pid: number): readonly string[] =>
  (read(`/proc/${pid}/stat`) ?? '').replace(/^.*\) /s, '').split(' ')

/**
 * Finds disk-image-create from one of its hooks. It gives its hooks TMP_BUILD_DIR, which it was not started with itself: it
 * is the first ancestor in whose environment that is missing.
 *
 * @param buildFolder dib's TMP_BUILD_DIR, on the host.
 * @param parent The process of which to start.
 * @returns The process, or undefined where no ancestor can be looked at.
 */
export const findBuild = (buildFolder: string, parent = process.ppid): Process | undefined => {
  let pid = parent
  while (pid > 1) {
    const environment = read(`/proc/${pid}/environ`)
    const [, parentPid = '0', ...rest] = statOf(pid)
    if (environment === undefined || !environment.split('\0').includes(`TMP_BUILD_DIR=${buildFolder}`)) {
      const startTime = rest[17]
      return startTime === undefined ? undefined : { pid, startTime }
    }
    pid = Number(parentPid)
  }
  return undefined
}
