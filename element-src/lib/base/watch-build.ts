import { readFileSync } from 'node:fs'
import { errorCode } from './errors.js'
import type { Process } from './find-build.js'

/** How often the build is looked for, in milliseconds. */
const interval = 1000

const isThere = ({ pid, startTime }: Process): boolean => {
  try {
    // The program's name, in brackets, may hold spaces and brackets; the field behind it is the state (proc_pid_stat(5)).
    const fields = readFileSync(`/proc/${pid}/stat`, 'latin1')
      .replace(/^.*\) /s, '')
      .split(' ')
    return fields[0] !== 'Z' && fields[0] !== 'X' && fields[19] === startTime
  } catch (error) {
    // Of another error, such as EMFILE, nothing follows.
    return !['ENOENT', 'ESRCH'].includes(errorCode(error) ?? '')
  }
}

/**
 * Watches the build, however it ends: also after kill -9 nothing of it can tell.
 *
 * @param onEnd What to do when it is gone; called once.
 * @returns A function that ends the watch.
 */
export const watchBuild = (build: Process, onEnd: () => void): (() => void) => {
  const timer = setInterval(() => {
    if (isThere(build)) return
    clearInterval(timer)
    onEnd()
  }, interval)
  return () => clearInterval(timer)
}
