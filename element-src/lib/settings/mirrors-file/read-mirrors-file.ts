import { HookError } from '../../hook/error.js'
import { type Index, type Indexes, officialIndex } from '../indexes.js'
import { parseMirrorUrl } from '../mirror-url.js'
import type { Environment } from '../mirrors.js'
import { parseExcludeNewer } from './exclude-newer.js'
import { pathOf, readHostFile } from './host-file.js'
import { getPassword } from './password.js'
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

const withCredentials = (url: string, username: string, password: string): string =>
  url.replace('://', () => `://${encodeURIComponent(username)}:${encodeURIComponent(password)}@`)

/** The files of a section, and what must be in each (RFC 7468). */
const pemFiles = (
  section: MirrorSection,
  mirrorsFile: string,
): Readonly<Pick<Index, 'ca' | 'clientCert' | 'clientKey'>> => {
  const { values, place } = section
  const read = (key: 'ca' | 'client-cert' | 'client-key', what: string, label: RegExp): string | undefined => {
    const named = values[key]
    if (named === undefined) return undefined
    const { path, text } = readHostFile(pathOf(named, mirrorsFile), `${place(key)} is`)
    if (!label.test(text))
      throw new HookError(`${place(key)} is ${path}, which holds no ${what} in PEM: name such a file`)
    return text
  }
  const certificate = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m
  const key = /^-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/m
  const ca = read('ca', 'certificate', certificate)
  const clientCert = read('client-cert', 'certificate', certificate)
  const clientKey = read('client-key', 'private key without a passphrase', key)
  if (clientCert !== undefined && clientKey === undefined && !key.test(clientCert)) {
    throw new HookError(`${place('client-cert')} holds no private key: name the file of its key in client-key`)
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
  }
}

const toIndex = (
  section: MirrorSection,
  mirrorsFile: string,
  { caller, now }: FileContext,
): [Index, readonly string[]] => {
  const { values, isOfficial } = section
  const { username, trusted, projects, exclude, 'exclude-newer': newer } = values
  const files = pemFiles(section, mirrorsFile)
  const found = getPassword(section, mirrorsFile, caller)
  const url = section.url?.url ?? officialIndex
  const excludeNewer = newer === undefined ? undefined : parseExcludeNewer(newer, now)
  const index: Index = {
    ...parseMirrorUrl(
      section.place('url'),
      username === undefined || found === undefined ? url : withCredentials(url, username, found.password),
    ),
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
 * @throws HookError where something cannot be used: the file, the line, the key and the remedy.
 */
export const readMirrorsFile = (path: string, context: FileContext): FileIndexes => {
  const { text, isOpen } = readHostFile(path, 'DIB_PYPI_MIRRORS is')
  if (text.includes('\ufffd')) throw new HookError(`${path} is no UTF-8: save it as UTF-8`)
  const all = parseMirrorsFile(path, text)
  const warnings = all
    .filter(({ url }) => isOpen && url !== undefined && /^[^/]*\/\/[^/?#]*@/.test(url.url))
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
