/** The head of an HTTP answer. */
export interface Head {
  readonly status: number
  /** The headers, their names in small letters; of several with one name the first. */
  readonly headers: ReadonlyMap<string, string>
  /** Where the body begins in the bytes that were read. */
  readonly end: number
}

/** Bytes came that are no HTTP answer. */
export class NotHttpError extends Error {
  override name = 'NotHttpError'
}

/** The longest line that Python's http.client takes, in bytes, and with it pip. */
const longestLine = 65_536

/** The lines of a head up to the empty one, without their ends, and where that ended; undefined: it is not all here. */
const linesOf = (bytes: Buffer, hasEnded: boolean): { lines: readonly string[]; end: number } | undefined => {
  const lines: string[] = []
  let start = 0
  for (;;) {
    const next = bytes.indexOf(0x0a, start)
    if ((next < 0 ? bytes.length : next) - start > longestLine) throw new NotHttpError()
    if (next < 0) return hasEnded && bytes.length > 0 ? { lines, end: bytes.length } : undefined
    const line = bytes.toString('latin1', start, next).replace(/\r$/, '')
    start = next + 1
    if (line === '') return { lines, end: start }
    lines.push(line)
  }
}

/**
 * Reads the head of an HTTP answer as Python's http.client does, so that nothing is refused that pip takes: lines that end
 * in LF alone, control characters, a space in a header's name, no end of headers at all. Node.js' own parser is
 * strict, and its insecureHTTPParser refuses two of these as well.
 *
 * @param bytes What was read so far.
 * @param hasEnded Whether the server has sent all.
 * @returns The head, without interim answers (100); undefined where more has to be read.
 * @throws NotHttpError where pip would give up, too.
 */
export const readHead = (bytes: Buffer, hasEnded: boolean): Head | undefined => {
  // A reply that does not begin like an HTTP answer is reported at once: the server may wait for more from us.
  const begin = bytes.toString('latin1', 0, 5)
  if (!'HTTP/'.startsWith(begin)) throw new NotHttpError()
  const read = linesOf(bytes, hasEnded)
  if (read === undefined) return undefined
  const [, status = ''] = /^HTTP\/(?:0\.9|1\.\d*)\s+([1-9]\d\d)(?:\s|$)/.exec(read.lines[0] ?? '') ?? []
  if (status === '') throw new NotHttpError()
  if (status === '100') {
    const next = bytes.length > read.end ? readHead(bytes.subarray(read.end), hasEnded) : undefined
    return next && { ...next, end: next.end + read.end }
  }
  const headers = new Map<string, string>()
  for (const line of read.lines.slice(1)) {
    const [, name, value = ''] = /^([^:\s][^:]*?)\s*:\s*(.*?)\s*$/.exec(line) ?? []
    if (name !== undefined && !headers.has(name.toLowerCase())) headers.set(name.toLowerCase(), value)
  }
  return { status: Number(status), headers, end: read.end }
}
