/** A host as resolvers and pip's trusted-host want it: an IPv6 address goes without its brackets. */
export const withoutBrackets = (host: string): string => host.replace(/^\[|\]$/g, '')

/** The host of a URL, an IPv6 one without its brackets. */
export const hostOf = (url: URL): string => withoutBrackets(url.hostname)

/** Whether a URL's server is spoken to over TLS. */
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
