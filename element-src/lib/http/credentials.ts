/**
 * A URL for the log. The password is hidden, and so is a user name without a password, since it is often a token. pip's
 * own log shows the same.
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

/**
 * The credentials in texts, in each spelling in which another hook may have them from pip or setuptools: with percent
 * signs as in the URL, doubled for an interpolating parser, or decoded.
 *
 * @param texts What our files say.
 * @returns Each as `//user:password@`.
 */
export const credentialsIn = (texts: readonly string[]): readonly string[] => {
  const found = texts.flatMap((text) => text.match(/\/\/[^\s/?#]+@/g) ?? [])
  const inUrls = found.flatMap((spelling) => [spelling, spelling.replaceAll('%%', '%')])
  const decoded = inUrls.map((spelling) =>
    spelling.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) =>
      Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('latin1'),
    ),
  )
  return [...new Set([...inUrls, ...inUrls.map((spelling) => spelling.replaceAll('%', '%%')), ...decoded])]
}
