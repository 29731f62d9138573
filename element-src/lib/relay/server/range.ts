/** A part of a file: its first byte, and the one behind its last. */
export interface Part {
  readonly from: number
  readonly to: number
}

/**
 * Reads a Range header (RFC 9110, 14.2).
 *
 * @param header The header.
 * @param length The file's length.
 * @returns The part; 'none' where it cannot be satisfied; undefined for the whole file, also where several parts are asked for.
 */
export const parseRange = (header: string | undefined, length: number): Part | 'none' | undefined => {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(header ?? '') ?? []
  if (first === undefined || last === undefined || (first === '' && last === '')) return undefined
  if (first === '') return Number(last) === 0 ? 'none' : { from: Math.max(0, length - Number(last)), to: length }
  if (last !== '' && Number(last) < Number(first)) return undefined
  if (Number(first) >= length) return 'none'
  return { from: Number(first), to: last === '' ? length : Math.min(Number(last) + 1, length) }
}
