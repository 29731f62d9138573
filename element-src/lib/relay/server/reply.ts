import type { ServerResponse } from 'node:http'
import type { PassedOn } from '../upstream/answer.js'

/**
 * Refuses a request such that an installer neither repeats it nor takes the project for unknown: pip repeats a 5xx for
 * seconds, and uv goes past a 404.
 */
export const refuse = (response: ServerResponse, cause: string): void => {
  // A reason phrase, which uv shows, is ASCII in one line (RFC 9112, 4).
  const reason = cause.replace(/[^ -~]+/g, '?').slice(0, 300)
  response.writeHead(424, reason, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${cause}\n`)
}

/** Says that there is no such thing. */
export const notFound = (response: ServerResponse): void => {
  response.writeHead(404, { 'Content-Type': 'text/plain' }).end('not found\n')
}

/** Passes on what a server says besides 'here it is': its status, and what belongs to that. */
export const passOn = (response: ServerResponse, { status, reason, headers }: PassedOn): void => {
  const { 'content-encoding': _encoding, ...rest } = headers
  response.writeHead(status, reason, { ...rest, 'Content-Length': 0 }).end()
}

/** Closes the connection without an answer, as a server did that cannot be reached: installers try again. */
export const hangUp = (response: ServerResponse): void => {
  response.destroy()
}
