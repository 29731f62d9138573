import type { IncomingMessage, ServerResponse } from 'node:http'
import { readBody } from '../../http/body.js'
import type { Client } from '../../http/client.js'
import { statusFault } from '../../http/http-error.js'
import { newPatience, withRetries } from '../../http/retry.js'
import type { PageFile } from '../../index/page.js'
import { headersOf } from './send-file.js'

/** The largest part that is passed on as it is: uv reads the directories of wheels, some tens of KB each. */
const largest = 16 * 1024 * 1024

/**
 * Whether a request is for a few bytes of a file, and not for the rest of it.
 *
 * @param request The request.
 */
export const isForPart = ({ method, headers }: IncomingMessage): boolean => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? '') ?? []
  if (method !== 'GET' || first === undefined || last === undefined || last === '') return false
  return (first === '' ? Number(last) : Number(last) - Number(first) + 1) <= largest
}

/**
 * Passes on a part of a file, which by itself cannot be checked.
 *
 * @param request The request.
 * @param response The response.
 * @param file The file.
 * @param client What sends requests for its index.
 * @param retries How often it is asked again.
 * @param signal When the relay ends.
 * @returns Whether it was answered: otherwise the server sends no parts. Rejected with an HttpError.
 */
export const forwardRange = async (
  request: IncomingMessage,
  response: ServerResponse,
  file: PageFile,
  client: Client,
  retries: number,
  signal: AbortSignal,
): Promise<boolean> => {
  const answer = await withRetries(newPatience(retries, signal), async () => {
    const headers = { Accept: '*/*', 'Accept-Encoding': 'identity', Range: request.headers.range ?? '' }
    const answered = await client(new URL(file.url), { headers, signal })
    const { status, body } = answered
    if (status === 206)
      return { status, range: answered.headers['content-range'] ?? '', bytes: await readBody(body, largest + 1) }
    body.destroy()
    if (status === 416)
      return { status, range: answered.headers['content-range'] ?? 'bytes */*', bytes: Buffer.alloc(0) }
    if (status === 200) return undefined
    throw statusFault(status)
  })
  if (answer === undefined) return false
  response.writeHead(answer.status, {
    ...headersOf(file),
    'Content-Range': answer.range,
    'Content-Length': answer.bytes.length,
  })
  response.end(answer.bytes)
  return true
}
