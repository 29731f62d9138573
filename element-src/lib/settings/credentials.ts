/**
 * A URL for people's eyes. The password goes, and so does a user name that stands alone, since it is often a token: the
 * same that pip shows in its own log.
 *
 * @param url A URL, with or without `user:password@`.
 * @returns The URL with `****` for what is secret.
 */
export const redact = (url: string): string =>
  url.replace(
    /^([a-z][a-z0-9+.-]*:\/\/)([^/?#]*)@/i,
    (_match, scheme: string, userinfo: string) =>
      `${scheme}${userinfo.includes(':') ? `${userinfo.slice(0, userinfo.indexOf(':'))}:` : ''}****@`,
  )
