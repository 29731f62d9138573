import type { ServerResponse } from 'node:http'

/**
 * What can stand behind a status as its reason phrase, where uv shows it (RFC 9112, 4): ASCII, in one line.
 *
 * @param cause What went wrong.
 */
export const reasonPhrase = (cause: string): string => cause.replace(/[^ -~]+/g, '?').slice(0, 300)

/**
 * Refuses a request such that an installer neither repeats it nor takes the project for unknown: pip repeats a 5xx for
 * seconds, and uv goes past a 404.
 *
 * @param response The response.
 * @param cause Why.
 */
export const refuse = (response: ServerResponse, cause: string): void => {
  response.writeHead(424, reasonPhrase(cause), { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${cause}\n`)
}

/**
 * Says that there is no such thing.
 *
 * @param response The response.
 */
export const notFound = (response: ServerResponse): void => {
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\n')
}
