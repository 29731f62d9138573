import { type Index, theOfficialIndex } from './index-list.js'

/** The hosts for pip's trusted-host. */
export interface TrustedHosts {
  /** Each host once, in the order of the mirrors, then the user's own. */
  readonly hosts: readonly string[]
  /** What the user should know of them. */
  readonly warnings: readonly string[]
}

/**
 * Decides whom pip trusts without TLS. Since pip 7 an http index is ignored unless its host is trusted. A host is named
 * without its port: pip knows host:port only since 19.3. An https mirror's host is never added, since trust would
 * switch off the verification of its certificate (pip's documentation, `--trusted-host`). An IPv6 address goes without its
 * brackets: every pip that knows them at all knows it so.
 *
 * @param mirrors The mirrors that the user named.
 * @param asked The hosts of DIB_PYPI_TRUSTED_HOST.
 * @returns The hosts, and a warning where trust in an http mirror also takes TLS verification from an https one.
 */
export const trustedHosts = (mirrors: readonly Index[], asked: readonly string[]): TrustedHosts => {
  const http = mirrors.filter(({ scheme }) => scheme === 'http').map(({ host }) => host)
  const https = mirrors.filter(({ scheme }) => scheme === 'https').map(({ host }) => host)
  https.push(theOfficialIndex().host)
  const shared = new Set(http.filter((host) => https.some((other) => other.toLowerCase() === host.toLowerCase())))
  const warnings = [...shared].map(
    (host) =>
      `${host} serves an http and an https index: pip trusts the host for the http one, and so does not verify the https one's certificate`,
  )
  return { hosts: [...new Set([...http, ...asked])], warnings }
}
