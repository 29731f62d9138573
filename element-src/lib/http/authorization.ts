/** Decodes a part of a URL as Python's urllib.parse.unquote does, which leaves alone what is no percent-encoding. */
const unquote = (text: string): string =>
  text.replace(/(?:%[0-9a-f]{2})+/gi, (encoded) => Buffer.from(encoded.replaceAll('%', ''), 'hex').toString('utf8'))

/**
 * A header with the credentials of a URL (RFC 7617), as pip sends it: in Latin-1, where that has all its characters
 * (requests' auth.py, _basic_auth_str). pip cannot send others; uv sends them as UTF-8.
 *
 * @param name The header's name.
 * @param url The URL.
 * @returns The header, or none where the URL has no credentials.
 */
export const authorization = (name: string, { username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '' && password === '') return {}
  const credentials = `${unquote(username)}:${unquote(password)}`
  const isLatin1 = [...credentials].every((character) => (character.codePointAt(0) ?? 0) <= 0xff)
  return { [name]: `Basic ${Buffer.from(credentials, isLatin1 ? 'latin1' : 'utf8').toString('base64')}` }
}
