import type { Socket } from 'node:net'
import { readBody } from './http-body.js'
import { type Head, NotHttpError, readHead } from './http-head.js'

/** An HTTP request's head: its method, what it asks for, and its headers. */
export interface Sent {
  readonly method: string
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
}

/** How long a head can be, in bytes: pip's limit is 100 lines of 64 KB. */
const mostOfHead = 6_600_000

/** How much of a page is read at most, in bytes: its beginning says what it is. */
const mostOfPage = 262_144

/**
 * Sends a request and reads the answer. The connection stays open.
 *
 * @param socket The connection.
 * @param sent The request.
 * @param isEnough Whether no more of the body needs to be read: asked whenever more of its text is here.
 * @param signal When it is over. Once the head is here, what was read of the body by then is the answer.
 * @returns The head, and as much of the body as was read; rejected with a NotHttpError where it is no HTTP, and with the
 *   socket's error where there is no answer.
 */
export const exchange = (
  socket: Socket,
  { method, target, headers }: Sent,
  isEnough: (text: string) => boolean,
  signal: AbortSignal,
): Promise<Head & { readonly text: string }> =>
  new Promise((resolve, reject) => {
    let bytes = Buffer.alloc(0)
    let head: Head | undefined
    const finish = (settle: () => void): void => {
      signal.removeEventListener('abort', onAbort)
      socket.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError)
      socket.on('error', () => undefined)
      settle()
    }
    const text = (): string => (head === undefined ? '' : readBody(head, bytes.subarray(head.end)).text)
    const onAbort = (): void => onError(signal.reason)
    const onError = (error: unknown): void =>
      finish(() => (head === undefined ? reject(error) : resolve({ ...head, text: text() })))
    const look = (hasEnded: boolean): void => {
      try {
        head ??= readHead(bytes, hasEnded)
      } catch (error) {
        onError(error)
        return
      }
      if (head === undefined) {
        if (bytes.length > mostOfHead) onError(new NotHttpError())
        else if (hasEnded) onError(Object.assign(new Error('closed'), { code: 'ECONNRESET' }))
        return
      }
      const found = head
      const body = readBody(found, bytes.subarray(found.end))
      if (hasEnded || body.isWhole || bytes.length - found.end > mostOfPage || isEnough(body.text)) {
        finish(() => resolve({ ...found, text: body.text }))
      }
    }
    const onData = (more: Buffer): void => {
      bytes = Buffer.concat([bytes, more])
      look(false)
    }
    const onEnd = (): void => look(true)
    if (signal.aborted) {
      reject(signal.reason)
      return
    }
    signal.addEventListener('abort', onAbort)
    socket.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError)
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
    socket.write(`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n`, 'latin1')
  })
