/**
 * The parts of a URL as they are written, where Python's urllib.parse.urlsplit, and so pip, has them; an IPv6 address keeps its
 * brackets. Without a scheme and `//` there are none. What is neither a host nor a host with a port is in `server` alone.
 */
export const splitUrl = (url: string) => {
  const [, scheme, userinfo, server = '', rest = ''] =
    /^([a-z][a-z0-9+.-]*):\/\/(?:([^/?#]*)@)?([^/?#]*)(.*)$/is.exec(url) ?? []
  const [, host = '', port = ''] = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(server) ?? []
  return { scheme: scheme?.toLowerCase(), userinfo, server, host, port, rest }
}

/** A host as resolvers and pip's trusted-host want it: an IPv6 address goes without its brackets. */
export const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '')

export const hostOf = (url: URL): string => withoutBrackets(url.hostname)

export const isTls = (url: URL): boolean => url.protocol === 'https:'

/** The port of a URL, written or not. */
export const portOf = (url: URL): string => url.port || (isTls(url) ? '443' : '80')

/** Whether a list such as pip's trusted-host names a URL's host: with its port or without, with an IPv6 address's brackets or without. */
export const isHostIn = (hosts: readonly string[], url: URL): boolean =>
  [url.hostname, hostOf(url), `${url.hostname}:${portOf(url)}`].some((name) =>
    hosts.some((host) => host.toLowerCase() === name),
  )

/**
 * Whether what belongs to a server alone, such as a password, is shown at a URL. As requests keeps it over redirects (its
 * sessions.py, should_strip_auth): from http to https on the same host with standard ports too, nowhere else.
 */
export const isSameServer = (own: URL, url: URL): boolean =>
  own.origin === url.origin ||
  (own.hostname === url.hostname && !isTls(own) && isTls(url) && own.port === '' && url.port === '')

/** A user name and a password, decoded. */
export interface Credentials {
  readonly username: string
  readonly password: string
}

/** Decodes a part of a URL as Python's urllib.parse.unquote does, which leaves alone what is not a percent-encoding. */
export const unquote = (text: string, encoding: 'utf8' | 'latin1' = 'utf8'): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => Buffer.from(encoded.replaceAll('%', ''), 'hex').toString(encoding))

export const credentialsOf = ({ username, password }: URL): Credentials | undefined =>
  username === '' && password === '' ? undefined : { username: unquote(username), password: unquote(password) }

/**
 * A header with credentials (RFC 7617), as pip sends it: in Latin-1, if that has all its characters (requests' auth.py,
 * _basic_auth_str). pip cannot send others; uv sends them as UTF-8.
 */
export const authorization = (
  name: 'Authorization' | 'Proxy-Authorization',
  credentials: Credentials | undefined,
): Readonly<Record<string, string>> => {
  if (credentials === undefined) return {}
  const text = `${credentials.username}:${credentials.password}`
  const isLatin1 = [...text].every((character) => (character.codePointAt(0) ?? 0) <= 0xff)
  return { [name]: `Basic ${Buffer.from(text, isLatin1 ? 'latin1' : 'utf8').toString('base64')}` }
}

/** A URL for the log, as pip's shows it. A user name without a password is hidden as well, since it is often a token. */
export const redact = (url: string): string => {
  const { userinfo } = splitUrl(url)
  const user = userinfo?.match(/^[^:]*:/)?.[0] ?? ''
  return userinfo === undefined ? url : url.replace(`${userinfo}@`, () => `${user}****@`)
}
