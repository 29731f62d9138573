import type { Credentials } from '../http/credentials.js'
import { parseMirrorUrl } from './mirror-url.js'

/**
 * The official index, at the address that is pip's own default (pip's documentation, `pip install --index-url`). The
 * one address of a package registry in this project.
 */
export const officialIndex = 'https://pypi.org/simple'

/** Those of an index, and where they come from. */
export interface IndexCredentials extends Credentials {
  /** As they stand in the URL that the user wrote, `user:p%40ss`: installers without a relay get the same bytes. */
  readonly written?: string
  /** The key of the mirrors file that gives the password, for messages. */
  readonly key?: string | undefined
}

/** One of the indexes of a build, for everybody above. It is told from others by the object or its position alone. */
export interface Index {
  /** Never with credentials. */
  readonly url: string
  /** The same as the user names it, if the server stands for another one. */
  readonly namedUrl?: string
  readonly scheme: 'http' | 'https' | 'file'
  /** Without port and user, an IPv6 one without its brackets; empty for file. */
  readonly host: string
  readonly credentials?: IndexCredentials
  /** For messages: the URL with `****` for what is secret. Two indexes can have the same. */
  readonly label: string
  /** Its section in the mirrors file. */
  readonly name?: string
  /** What names it, for messages: a variable, or `FILE, [section]`. */
  readonly source?: string
  /** Whether it is the official index. */
  readonly isOfficial: boolean
  /** The folder on the host that it is, if it is one of the local mirror; in a mirrors file also one that is not there. */
  readonly folder?: string
  /** Why it is not asked in this build. Its projects are nowhere else all the same. */
  readonly absent?: string
  /** Whether it is the folder that this build fills, which no variable and no section names. */
  readonly isFilled?: true
  /** Whether it is the folder that builds filled, offline: what others own is found in it as well, since it was kept from them. */
  readonly isKept?: true
  /** CA certificates in PEM that sign its server's, besides those that the host trusts. */
  readonly ca?: string
  /** The certificate in PEM by which it knows its clients, and its key; one may hold both. */
  readonly clientCert?: string
  readonly clientKey?: string
  /** Whether its server's certificate is not verified. */
  readonly trusted?: boolean
  /** The projects that are asked here and nowhere else: normalised names, `*` for any characters. */
  readonly projects?: readonly string[]
  /** The projects that are not asked here: as `projects`. */
  readonly exclude?: readonly string[]
  /** Files that were uploaded after this instant (ISO 8601) are not there. */
  readonly excludeNewer?: string
}

/**
 * An index from a URL, with or without credentials.
 *
 * @param source Begins the message of a fault.
 * @throws UserError if it is not a URL that pip can use.
 */
export const indexAt = (url: string, source = 'the index'): Index => ({
  ...parseMirrorUrl(source, url),
  source,
  isOfficial: false,
})

/** The official index, as no variable and no section names it. */
export const theOfficialIndex = (): Index => ({
  ...parseMirrorUrl('the official index', officialIndex),
  isOfficial: true,
})

/** The URL of an index as installers without a relay need it. */
export const urlWithCredentials = ({ url, credentials }: Pick<Index, 'url' | 'credentials'>): string => {
  if (credentials === undefined) return url
  const { username, password, written } = credentials
  const userinfo = written ?? `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
  return url.replace('://', () => `://${userinfo}@`)
}

/**
 * easy_install's index, which can use one only, with its credentials.
 *
 * @returns The last mirror that is named, or offline the folder that builds filled; the official index if there is none.
 */
export const easyInstallIndex = (indexes: readonly Index[]): string => {
  const index =
    indexes.filter(({ isOfficial, absent, isFilled }) => !isOfficial && absent === undefined && !isFilled).at(-1) ??
    indexes[0]
  return index === undefined ? '' : urlWithCredentials(index)
}

/** The indexes in order, for the log: the first is index-url. */
export const describeIndexes = (indexes: readonly Index[]): string => {
  const [first, ...others] = indexes.filter(({ absent }) => absent === undefined).map(({ label }) => label)
  return `index ${first}${others.length > 0 ? `, then ${others.join(', ')}` : ''}`
}
