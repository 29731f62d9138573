import { open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { inflateRaw } from 'node:zlib'
import type { PageFile } from './page.js'

/** Reads so many bytes at a position, or fewer at the file's end. */
type ReadAt = (position: number, length: number) => Promise<Buffer>

/** The most that is read of a wheel's directory, and that its metadata may have. */
const most = 8 * 1024 * 1024

/** So much of a wheel's end is read on its way; its metadata is to be there (the packaging guide, Binary distribution format). */
const mostOfEnd = 256 * 1024

/** The record at a zip's end (APPNOTE.TXT, 4.3.16), with a comment at most this much longer. */
const endLength = 22
const longestComment = 65_535

/** Where members are, by the zip's directory (4.3.12). */
const membersNamed = function* (directory: Buffer, pattern: RegExp) {
  for (let at = 0; at + 46 <= directory.length && directory.readUInt32LE(at) === 0x02014b50; ) {
    const nameEnd = at + 46 + directory.readUInt16LE(at + 28)
    if (pattern.test(directory.toString('latin1', at + 46, nameEnd)))
      yield {
        method: directory.readUInt16LE(at + 10),
        length: directory.readUInt32LE(at + 20),
        unpacked: directory.readUInt32LE(at + 24),
        at: directory.readUInt32LE(at + 42),
      }
    at = nameEnd + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32)
  }
}

const inflate = (packed: Buffer): Promise<Buffer | undefined> =>
  promisify(inflateRaw)(packed, { maxOutputLength: most }).catch(() => undefined)

/**
 * Reads a wheel's METADATA (PEP 427) out of its zip.
 *
 * @returns Undefined if it cannot be told: no zip, a zip64 one, several METADATA, or one of more than 8 MB. Rejected with the
 *   error of `read`.
 */
export const readWheelMetadata = async (read: ReadAt, size: number): Promise<Buffer | undefined> => {
  const part = async (from: number, length: number): Promise<Buffer | undefined> => {
    if (from < 0 || length > most || from + length > size) return undefined
    const bytes = await read(from, length)
    return bytes.length === length ? bytes : undefined
  }
  const tailLength = Math.min(size, endLength + longestComment)
  const tail = await part(size - tailLength, tailLength)
  const end = tail?.lastIndexOf('PK\x05\x06', tailLength - endLength, 'latin1') ?? -1
  if (tail === undefined || end < 0) return undefined
  const directoryLength = tail.readUInt32LE(end + 12)
  const start = size - tailLength + end - directoryLength
  const directory = await part(start, directoryLength)
  const [member, ...others] = membersNamed(directory ?? Buffer.alloc(0), /^[^/]+\.dist-info\/METADATA$/)
  if (member === undefined || others.length > 0) return undefined
  // As Python's zipfile: something may stand before the zip, which its offsets do not count.
  const at = member.at + start - tail.readUInt32LE(end + 16)
  const header = await part(at, 30)
  if (header?.readUInt32LE(0) !== 0x04034b50) return undefined
  const packed = await part(at + 30 + header.readUInt16LE(26) + header.readUInt16LE(28), member.length)
  const bytes = packed && (member.method === 0 ? packed : member.method === 8 ? await inflate(packed) : undefined)
  return bytes?.length === member.unpacked ? bytes : undefined
}

/** The same of a wheel in a folder; rejected with the system's error. */
export const wheelMetadataAt = async (path: string): Promise<Buffer | undefined> => {
  const file = await open(path)
  try {
    const read: ReadAt = async (position, length) => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position)
      return buffer.subarray(0, bytesRead)
    }
    return await readWheelMetadata(read, (await file.stat()).size)
  } finally {
    await file.close()
  }
}

/** The values of a header of core metadata, each in one line. A description, behind the first empty line, may hold anything. */
export const headersIn = (metadata: string, name: string): readonly string[] => {
  const [head = ''] = metadata.split(/\r?\n\r?\n/, 1)
  const values = head.matchAll(new RegExp(`^${name}:(.*(?:\\r?\\n[ \\t].*)*)`, 'gim'))
  return [...values].flatMap(([, value = '']) => value.replace(/\r?\n[ \t]+/g, ' ').trim() || [])
}

/** Whether a file is a wheel that alone tells what it requires. */
export const isUndescribed = ({ name, coreMetadata }: PageFile): boolean =>
  coreMetadata === undefined && name.endsWith('.whl')

/** Passes on the bytes of a wheel, and tells its metadata when all have come: undefined if that is not at its end. */
export const watchWheel = async function* (
  chunks: AsyncIterable<Buffer>,
  onMetadata: (metadata: Buffer | undefined) => void,
): AsyncGenerator<Buffer> {
  const last: Buffer[] = []
  let [size, start] = [0, 0]
  for await (const chunk of chunks) {
    yield chunk
    last.push(chunk)
    size += chunk.length
    for (let [first] = last; first !== undefined && size - start - first.length >= mostOfEnd; [first] = last) {
      start += first.length
      last.shift()
    }
  }
  const end = Buffer.concat(last)
  const read: ReadAt = async (at, length) => end.subarray(Math.max(at - start, 0), Math.max(at - start + length, 0))
  onMetadata(await readWheelMetadata(read, size))
}
