/** A password that is as long is looked for by itself; a shorter one might be a word, and is looked for with its user. */
const longPassword = 12

/**
 * The spellings in which another hook may have a text from pip or setuptools: with percent signs as in the URL, doubled for
 * an interpolating parser, or decoded.
 */
const spellings = (text: string): readonly string[] => [
  text,
  text.replaceAll('%', '%%'),
  text.replace(/(?:%[0-9a-f]{2})+/gi, (bytes) => Buffer.from(bytes.replaceAll('%', ''), 'hex').toString('latin1')),
]

/**
 * What must not get into the image, in each spelling.
 *
 * @param urls The URLs that installers get, with their credentials.
 * @param isRelay Whether they are the relay's, whose path begins with its secret.
 */
export const secretsIn = (urls: readonly string[], isRelay = false): readonly string[] => {
  const found = urls.flatMap((url) => {
    const [, userinfo, path = ''] = /^[a-z][a-z0-9+.-]*:\/\/(?:([^/?#]*)@)?[^/?#]*\/?([^/?#]*)/i.exec(url) ?? []
    if (userinfo === undefined) return isRelay && path !== '' ? [path] : []
    const password = userinfo.slice(userinfo.indexOf(':') + 1)
    const alone = password.length >= longPassword ? [password] : []
    return userinfo === '' ? [] : [`//${userinfo}@`, ...(userinfo.includes(':') ? [userinfo] : []), ...alone]
  })
  return [...new Set(found.flatMap(spellings))]
}

/** The texts in a value, with nothing escaped. */
const textsIn = (value: unknown): string => {
  if (typeof value === 'string') return value
  return typeof value === 'object' && value !== null ? Object.values(value).map(textsIn).join('\n') : ''
}

/** Whether a text, or one in a value, holds what must not get into the image. */
export const holdsSecret = (value: unknown, secrets: readonly string[]): boolean => {
  const text = textsIn(value)
  return secrets.some((secret) => text.includes(secret))
}
