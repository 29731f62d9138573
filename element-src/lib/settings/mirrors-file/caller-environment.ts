import type { Environment } from '../../base/environment.js'

/** The variable by which launcher/on-host.sh hands over the environment that it was called with. */
export const callerVariable = 'PYPI_CALLER_ENVIRONMENT'

/**
 * The whole environment of the build's caller, for the commands and variables of passwords alone. Node.js itself is started
 * with what the hook reads, so that no NODE_OPTIONS or LD_PRELOAD reaches it.
 *
 * @param copy The value of that variable, a copy of /proc/PID/environ (proc_pid_environ(5)) in base64: values of several lines and functions that bash exported are in it as they are.
 * @returns The variables. One that is no UTF-8 is left out, since Node.js could not hand it on as it is.
 */
export const callerEnvironment = (copy: string): Environment =>
  Object.fromEntries(
    Buffer.from(copy, 'base64')
      .toString('utf8')
      .split('\0')
      .flatMap((entry) => {
        const end = entry.indexOf('=')
        return end > 0 && !entry.includes('\ufffd') ? [[entry.slice(0, end), entry.slice(end + 1)]] : []
      }),
  )
