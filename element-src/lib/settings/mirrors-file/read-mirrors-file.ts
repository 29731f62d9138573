import type { Environment } from '../../base/environment.js'
import { UserError } from '../../base/errors.js'
import { type Index, type Indexes, theOfficialIndex } from '../index-list.js'
import { parseExcludeNewer } from './exclude-newer.js'
import { readHostFile } from './host-file.js'
import { getPassword } from './password.js'
import { readPemFiles } from './pem-files.js'
import { type MirrorSection, parseMirrorsFile } from './sections.js'

/** What a mirrors file comes to. */
export interface FileIndexes extends Indexes {
  /** The variables of the caller's that hold passwords. */
  readonly passwordVariables: readonly string[]
}

/** What else decides. */
export interface FileContext {
  /** Whether DIB_OFFLINE or DIB_NO_PYPI_PIP keeps the official index away. */
  readonly withoutOfficial: boolean
  /** The environment of the build's caller, for passwords. */
  readonly caller: Environment
  /** The time of the build. */
  readonly now: Date
}

const toIndex = (
  section: MirrorSection,
  mirrorsFile: string,
  { caller, now }: FileContext,
): [Index, readonly string[]] => {
  const { values, isOfficial } = section
  const { username, trusted, projects, exclude, 'exclude-newer': newer } = values
  const files = readPemFiles(section, mirrorsFile)
  const found = getPassword(section, mirrorsFile, caller)
  const excludeNewer = newer === undefined ? undefined : parseExcludeNewer(newer, now)
  const index: Index = {
    ...theOfficialIndex(),
    ...section.url,
    name: section.name,
    source: `${mirrorsFile}, [${section.name}]`,
    ...(username === undefined || found === undefined ? {} : { credentials: { username, password: found.password } }),
    isOfficial,
    ...files,
    ...(trusted ? { trusted } : {}),
    ...(projects === undefined ? {} : { projects }),
    ...(exclude === undefined ? {} : { exclude }),
    ...(excludeNewer === undefined ? {} : { excludeNewer }),
  }
  return [index, found?.warnings ?? []]
}

/**
 * Reads DIB_PYPI_MIRRORS: the file and what it names on the host, and runs its commands for passwords, each once. All of the file
 * is checked before anything of it is read or run.
 *
 * @param path The file, on the host.
 * @param context What else decides.
 * @returns The indexes in the order of their sections, with their credentials; none where only `official` is there, and left
 *   out. And what to tell the user of them.
 * @throws UserError where something cannot be used: the file, the line, the key and the remedy.
 */
export const readMirrorsFile = (path: string, context: FileContext): FileIndexes => {
  const { text, isOpen } = readHostFile(path, 'DIB_PYPI_MIRRORS is')
  if (text.includes('\ufffd')) throw new UserError(`${path} is no UTF-8: save it as UTF-8`)
  const all = parseMirrorsFile(path, text)
  const warnings = all
    .filter(({ url }) => isOpen && url?.credentials !== undefined)
    .map(({ place }) => `${place('url')} has a password, and every user of this host can read it: chmod o-r ${path}`)
  const sections = all.filter(({ isOfficial }) => !isOfficial || !context.withoutOfficial)
  const read = sections.map((section) => toIndex(section, path, context))
  return {
    indexes: read.map(([index]) => index),
    warnings: [...warnings, ...read.flatMap(([, more]) => more)],
    // Of sections that are left out as well.
    passwordVariables: all.flatMap(({ values }) => values['password-env'] ?? []),
  }
}
