import { parseUrl, UserError } from '../base/errors.js'
import { type Credentials, credentialsOf, redact, splitUrl, withoutBrackets } from '../http/url.js'
import type { OwnServer } from '../http/way.js'

/** Those of an index, and where they come from. */
export interface IndexCredentials extends Credentials {
  /** As they stand in the URL that the user wrote, `user:p%40ss`: installers without a relay get the same bytes. */
  readonly written?: string
  /** The key of the mirrors file that gives the password, for messages. */
  readonly key?: string | undefined
}

/** One of the indexes of a build, for everybody above. It is told from others by the object or its position alone. */
export interface Index extends OwnServer {
  /** The same as the user names it, if the server stands for another one. */
  readonly namedUrl?: string
  readonly scheme: 'http' | 'https' | 'file'
  /** Without port and user, an IPv6 one without its brackets; empty for file. */
  readonly host: string
  readonly credentials?: IndexCredentials | undefined
  /** For messages: the URL with `****` for what is secret. Two indexes can have the same. */
  readonly label: string
  /** Its section in the mirrors file. */
  readonly name?: string
  /** What names it, for messages: a variable, or `FILE, [section]`. */
  readonly source?: string | undefined
  /** Whether it is the official index. */
  readonly isOfficial: boolean
  /** The folder on the host that it is, if it is one of the local mirror; in a mirrors file also one that is not there. */
  readonly folder?: string
  /** Why it is not asked in this build. Its projects are nowhere else all the same. */
  readonly absent?: string | undefined
  /** Whether it is the folder that this build fills, which no variable and no section names. */
  readonly isFilled?: true
  /** Whether it is the folder that builds filled, offline: what others own is found in it as well, since it was kept from them. */
  readonly isKept?: true
  /** The projects that are asked here and nowhere else: normalised names, `*` for any characters. */
  readonly projects?: readonly string[] | undefined
  /** The projects that are not asked here: as `projects`. */
  readonly exclude?: readonly string[] | undefined
  /** Files that were uploaded after this instant (ISO 8601) are not there. */
  readonly excludeNewer?: string | undefined
}

/**
 * An index from a URL, with or without credentials, in the parts in which pip's own parser (Python's urllib.parse.urlsplit)
 * takes it apart; throws a UserError, which begins with its source, if pip cannot use it as an index or would misread it. The
 * message never shows the URL, which may hold a password.
 */
export const indexAt = (url: string, source?: string): Index => {
  const refuse = (why: string): never => {
    throw new UserError(`${source ?? 'the index'} ${why}`)
  }
  // A line break would end the value in pip.conf, and what follows could be a section of its own.
  if (/[\s\p{Cc}]/u.test(url)) {
    refuse('has white space or a control character in it: name one URL a variable, and write %20 for a space')
  }
  if (!/^[!-~]+$/.test(url)) refuse('has a character outside ASCII in it: percent-encode it (RFC 3986)')
  // WHATWG's parser, and so Node.js's, takes a backslash for a slash; Python's does not.
  if (url.includes('\\')) refuse('has a backslash in it: write / or %5C')

  const { scheme, userinfo, server, host } = splitUrl(url)
  if (scheme === undefined) {
    return refuse(
      /^file:/i.test(url)
        ? 'is not the URL of a folder: write file:///, three slashes, and the path, such as file:///tmp/pypi'
        : 'is not a URL: write one that begins with http://, https:// or file:///',
    )
  }
  if (scheme !== 'http' && scheme !== 'https' && scheme !== 'file') {
    return refuse(`begins with ${scheme}://: use http://, https:// or file:///`)
  }
  if (scheme === 'file') {
    if (userinfo !== undefined || server !== '') {
      refuse('is file:// with two slashes, so that its first part is a host: write file:///tmp/pypi, with three')
    }
    if (/[?#]/.test(url)) refuse('has ? or # in it, which begins no part of a path: write %3F or %23')
    return { url, scheme, host: '', label: url, source, isOfficial: false }
  }
  // urlsplit takes a bracket anywhere before the path for one of an IPv6 address, and raises. A host that begins with
  // another sign could be a comment in pip.conf.
  const isHost = /^(?:\[[0-9a-f:.]+\]|[a-z0-9._-]+)$/i.test(host) && !/[[\]]/.test(userinfo ?? '')
  const parsed = parseUrl(url)
  if (!isHost || !parsed?.hostname) {
    return refuse(
      'has no host, or a port that is not a number: write it as http://host:port/path, and percent-encode / ? # [ ] in a password',
    )
  }
  const index: Index = { url, scheme, host: withoutBrackets(host), label: redact(url), source, isOfficial: false }
  const credentials = credentialsOf(parsed)
  if (userinfo === undefined || credentials === undefined) return index
  return { ...index, url: url.replace(`${userinfo}@`, ''), credentials: { ...credentials, written: userinfo } }
}

/**
 * The official index, at the address that is pip's own default (pip's documentation, `pip install --index-url`). The
 * one address of a package registry in this project.
 */
export const officialIndex = 'https://pypi.org/simple'

/** The official index, as no variable and no section names it. */
export const theOfficialIndex = (): Index => ({ ...indexAt(officialIndex), isOfficial: true })

/** The URL of an index as installers without a relay need it. */
export const urlWithCredentials = ({ url, credentials }: Pick<Index, 'url' | 'credentials'>): string => {
  if (credentials === undefined) return url
  const { username, password, written } = credentials
  const userinfo = written ?? `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
  return url.replace('://', () => `://${userinfo}@`)
}

/** The one index of easy_install: the last mirror that is named, offline the folder that builds filled, or the official index. */
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
