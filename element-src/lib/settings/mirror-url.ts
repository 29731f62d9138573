import { UserError } from '../base/errors.js'
import { redact, unquote } from '../http/credentials.js'
import { withoutBrackets } from '../http/url.js'
import type { Index, IndexCredentials } from './index-list.js'

/** A mirror's URL in its parts, as pip's own parser (Python's urllib.parse.urlsplit) takes it apart. */
export type MirrorUrl = Pick<Index, 'url' | 'scheme' | 'host' | 'credentials' | 'label'>

const schemes = { http: 'http', https: 'https', file: 'file' } as const

const isKnownScheme = (scheme: string): scheme is keyof typeof schemes => Object.hasOwn(schemes, scheme)

// URL.canParse came with Node.js 18.17.
const canParse = (url: string): boolean => {
  try {
    return new URL(url).hostname !== ''
  } catch {
    return false
  }
}

const credentialsOf = (written: string): IndexCredentials => {
  const [, username = '', password = ''] = /^([^:]*):?(.*)$/.exec(written) ?? []
  return { username: unquote(username), password: unquote(password), written }
}

/**
 * Reads one mirror's URL and refuses what pip would misread. The message never shows the value, which may hold a
 * password.
 *
 * @param variable Begins the message.
 * @throws UserError if it is not a URL that pip can use as an index.
 */
export const parseMirrorUrl = (variable: string, url: string): MirrorUrl => {
  const refuse = (why: string): never => {
    throw new UserError(`${variable} ${why}`)
  }
  // A line break would end the value in pip.conf, and what follows could be a section of its own.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for.
  if (/[\s\u0000-\u001f\u007f]/.test(url)) {
    refuse('has white space or a control character in it: name one URL a variable, and write %20 for a space')
  }
  if (!/^[!-~]+$/.test(url)) refuse('has a character outside ASCII in it: percent-encode it (RFC 3986)')
  // WHATWG's parser, and so Node.js's, takes a backslash for a slash; Python's does not.
  if (url.includes('\\')) refuse('has a backslash in it: write / or %5C')

  const [, writtenScheme, authority] = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)/i.exec(url) ?? []
  if (writtenScheme === undefined || authority === undefined) {
    return refuse(
      /^file:/i.test(url)
        ? 'is not the URL of a folder: write file:///, three slashes, and the path, such as file:///tmp/pypi'
        : 'is not a URL: write one that begins with http://, https:// or file:///',
    )
  }
  const scheme = writtenScheme.toLowerCase()
  if (!isKnownScheme(scheme)) {
    return refuse(`begins with ${writtenScheme}://: use http://, https:// or file:///`)
  }
  if (scheme === 'file') {
    if (authority !== '') {
      refuse('is file:// with two slashes, so that its first part is a host: write file:///tmp/pypi, with three')
    }
    if (/[?#]/.test(url)) refuse('has ? or # in it, which begins no part of a path: write %3F or %23')
    return { url, scheme, host: '', label: url }
  }
  const label = redact(url)
  // urlsplit takes a bracket anywhere before the path for one of an IPv6 address, and raises. A host that begins with
  // another sign could be a comment in pip.conf.
  const [, userinfo, host] = /^(?:([^[\]]*)@)?(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::[0-9]*)?$/i.exec(authority) ?? []
  if (host === undefined || !canParse(url)) {
    return refuse(
      'has no host, or a port that is not a number: write it as http://host:port/path, and percent-encode / ? # [ ] in a password',
    )
  }
  const parts = { scheme, host: withoutBrackets(host), label }
  if (userinfo === undefined) return { url, ...parts }
  return { url: url.replace(`${userinfo}@`, ''), ...parts, credentials: credentialsOf(userinfo) }
}
