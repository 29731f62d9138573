import type { IncomingHttpHeaders } from 'node:http'

/** Who asks: what is passed on of that, and when there is nobody any more who waits. */
export interface Asker {
  readonly headers: Readonly<Record<string, string>>
  readonly gone: AbortSignal
  /** Nobody has asked yet (relay/ahead): a fault is nobody's, so that it is neither logged nor taken for an outage. */
  readonly isAhead?: true
  /** Whether the installer whose request led to that is still connected. */
  readonly isGoing?: () => boolean
}

/** What an index answers, as far as installers are told. */
export interface PassedOn {
  readonly status: number
  readonly reason: string
  readonly headers: Readonly<Record<string, string>>
}

/** What an answer says of itself that an installer acts upon. An address, a cookie or a name of the server is not among it. */
const passed = [
  'content-type',
  'content-encoding',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'retry-after',
  'www-authenticate',
] as const

/** An answer as it is passed on. */
export const passedOn = (status: number, reason: string | undefined, headers: IncomingHttpHeaders): PassedOn => ({
  status,
  reason: (reason ?? '').replace(/[^ -~]+/g, '?').slice(0, 300),
  headers: Object.fromEntries(
    passed.flatMap((name) => {
      const value = headers[name]
      // What only a lenient parser takes cannot be sent.
      return value === undefined ? [] : [[name, String(value).replace(/[^\t -~\u0080-\u00ff]+/g, ' ')]]
    }),
  ),
})

/** How many bytes of a body come, if a server says so. */
export const lengthOf = (headers: IncomingHttpHeaders): number | undefined => {
  const length = headers['transfer-encoding'] === undefined ? headers['content-length'] : undefined
  return length !== undefined && /^\d+$/.test(length) ? Number(length) : undefined
}
