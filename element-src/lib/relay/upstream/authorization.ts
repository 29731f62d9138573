const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * A header with the credentials of a URL (RFC 7617), as pip sends it: in Latin-1 where that has all the characters.
 *
 * @param name Authorization, or Proxy-Authorization.
 * @param url A URL.
 * @returns The header, or none where the URL has no credentials.
 */
export const authorization = (name: string, { username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '' && password === '') return {}
  const credentials = `${decode(username)}:${decode(password)}`
  const isLatin1 = [...credentials].every((character) => character <= '\u00ff')
  return { [name]: `Basic ${Buffer.from(credentials, isLatin1 ? 'latin1' : 'utf8').toString('base64')}` }
}
