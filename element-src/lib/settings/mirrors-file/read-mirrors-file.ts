import type { Environment } from '../../base/command.js'
import { UserError } from '../../base/errors.js'
import type { Index } from '../index-list.js'
import type { NamedIndexes } from '../place-indexes.js'
import { getCredentials, readHostFile, readPemFiles } from './host-files.js'
import { parseMirrorsFile } from './sections.js'

/** The variable by which launcher/hand-over-environment.sh hands over the environment that it was called with. */
export const callerVariable = 'PYPI_CALLER_ENVIRONMENT'

/**
 * The whole environment of the build's caller, for the commands and variables of passwords alone. Node.js itself is started
 * with what the hook reads, so that no NODE_OPTIONS or LD_PRELOAD reaches it.
 *
 * @param copy The value of that variable, a copy of /proc/PID/environ (proc_pid_environ(5)) in base64: values of several lines and functions that bash exported are in it as they are.
 * @returns The variables. One that is not UTF-8 is left out, since Node.js could not hand it on as it is.
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

/** What else decides. */
export interface FileContext {
  /** The variables that keep the official index away. */
  readonly off: readonly string[]
  /** The environment of the build's caller, for passwords. */
  readonly caller: Environment
  /** The time of the build. */
  readonly now: Date
}

/**
 * Reads DIB_PYPI_MIRRORS: the file and what it names on the host, and runs its commands for passwords, each once. All of the file
 * is checked before anything of it is read or run.
 *
 * @returns The indexes in the order of their sections. `official` is absent if it is off.
 * @throws UserError if something cannot be used: the file, the line, the key and the remedy.
 */
export const readMirrorsFile = (path: string, { off, caller, now }: FileContext): NamedIndexes => {
  const { text, isOpen } = readHostFile(path, 'DIB_PYPI_MIRRORS is')
  if (text.includes('\ufffd')) throw new UserError(`${path} is not UTF-8: save it as UTF-8`)
  const sections = parseMirrorsFile(path, text, now)
  const warnings = sections
    .filter(({ index }) => isOpen && index.credentials !== undefined)
    .map(({ place }) => `${place('url')} has a password, and every user of this host can read it: chmod o-r ${path}`)
  const indexes = sections.map((section): Index => {
    const { index } = section
    // What an absent one names is neither read nor run.
    if (index.isOfficial && off.length > 0) return { ...index, absent: off.join(', ') }
    const files = readPemFiles(section, path)
    const credentials = getCredentials(section, path, caller, (warning) => warnings.push(warning)) ?? index.credentials
    return { ...index, ...files, credentials }
  })
  const passwordVariables = sections.flatMap(({ values }) => values['password-env'] ?? [])
  return { indexes, warnings, passwordVariables }
}
