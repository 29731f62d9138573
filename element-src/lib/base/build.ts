import { readFileSync } from 'node:fs'
import { errorCode } from './errors.js'
import { textAt } from './files.js'

/** A process, such that another one that gets its number later is not taken for it. */
export interface Process {
  readonly pid: number
  /** When it started, in clock ticks since the machine did (proc_pid_stat(5), field 22). */
  readonly startTime: string
}

/** The fields of a stat file behind the program's name, which may hold spaces and brackets; the first is field 3, the state. */
const fieldsOf = (stat: string): readonly string[] => stat.replace(/^.*\) /s, '').split(' ')

/** /proc/PID/stat (proc_pid_stat(5)). */
export const statOf = (pid: number): readonly string[] => fieldsOf(textAt(`/proc/${pid}/stat`) ?? '')

/**
 * Finds disk-image-create from one of its hooks. It gives its hooks TMP_BUILD_DIR, which it was not started with itself: it
 * is the first ancestor in whose environment that is missing; undefined if no ancestor can be looked at.
 */
export const findBuild = (buildFolder: string, parent = process.ppid): Process | undefined => {
  let pid = parent
  while (pid > 1) {
    const environment = textAt(`/proc/${pid}/environ`)
    const [, parentPid = '0', ...rest] = statOf(pid)
    if (environment === undefined || !environment.split('\0').includes(`TMP_BUILD_DIR=${buildFolder}`)) {
      const startTime = rest[17]
      return startTime === undefined ? undefined : { pid, startTime }
    }
    pid = Number(parentPid)
  }
  return undefined
}

const isThere = ({ pid, startTime }: Process): boolean => {
  try {
    const fields = fieldsOf(readFileSync(`/proc/${pid}/stat`, 'latin1'))
    return fields[0] !== 'Z' && fields[0] !== 'X' && fields[19] === startTime
  } catch (error) {
    // Of another error, such as EMFILE, nothing follows.
    return !['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')
  }
}

/** Watches the build, however it ends: after kill -9 nothing of it can tell. What is returned ends the watch. */
export const watchBuild = (build: Process, onEnd: () => void): (() => void) => {
  const timer = setInterval(() => {
    if (isThere(build)) return
    clearInterval(timer)
    onEnd()
  }, 1000)
  return () => clearInterval(timer)
}
