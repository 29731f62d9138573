import type { Head } from './http-head.js'

/** What of a body is here. */
export interface Body {
  readonly text: string
  /** Whether nothing more belongs to it. */
  readonly isWhole: boolean
}

const unchunk = (bytes: Buffer): Body => {
  const parts: Buffer[] = []
  const isWhole = ((): boolean => {
    for (let at = 0; ; ) {
      const lineEnd = bytes.indexOf(0x0a, at)
      if (lineEnd < 0) return false
      const size = Number.parseInt(bytes.toString('latin1', at, lineEnd), 16)
      if (!(size > 0)) return true
      parts.push(bytes.subarray(lineEnd + 1, lineEnd + 1 + size))
      at = lineEnd + 1 + size + (bytes[lineEnd - 1] === 0x0d ? 2 : 1)
      if (at > bytes.length) return false
    }
  })()
  return { text: Buffer.concat(parts).toString('utf8'), isWhole }
}

/**
 * Takes the body of an HTTP answer out of what was read. Where both lengths are given the chunks count (RFC 9112, 6.3), as
 * for Python's http.client.
 *
 * @param head The answer's head.
 * @param bytes What was read after it.
 * @returns Its text, UTF-8, as far as it is here.
 */
export const readBody = ({ status, headers }: Head, bytes: Buffer): Body => {
  if (status < 200 || status === 204 || status === 304) return { text: '', isWhole: true }
  if (/chunked/i.test(headers.get('transfer-encoding') ?? '')) return unchunk(bytes)
  const length = Number(headers.get('content-length') ?? Number.POSITIVE_INFINITY)
  return { text: bytes.toString('utf8', 0, length), isWhole: bytes.length >= length }
}
