import { createHash, type Hash } from 'node:crypto'
import { HttpError } from '../http/http-error.js'
import type { PageFile } from '../index/page.js'
import type { Arrival } from '../receipt/bill.js'
import type { Index } from '../settings/index-list.js'
import type { Sendable } from './server/reply.js'

/** A file that an installer asked for. */
interface Sent {
  readonly project: string
  readonly file: PageFile
  /** The index that has it, and its place among the others. */
  readonly index: Index
  readonly place: number
}

/** What came into the build: files that an installer has got whole, in one answer or, if one was cut off, in several. */
export type Arrivals = ReturnType<typeof newArrivals>

/** The bytes of a file from its beginning, as far as an installer has them. */
interface Got {
  readonly hash: Hash
  length: number
}

/**
 * Begins with nothing.
 *
 * @param lock The files of the lock, of which what is known is told again.
 */
export const newArrivals = (lock: readonly Arrival[] | undefined) => {
  const arrived = new Map<string, { readonly arrival: Arrival; readonly place: number }>()
  /** What was got of each file last: an installer that was cut off asks for the rest of it. */
  const got = new Map<string, Got>()

  const note = ({ project, file, index, place }: Sent, sha256: string, size: number): void => {
    const { name, uploadTime, requiresPython } = file
    const mirror = index.url.replace(/[?#].*/, '')
    const arrival = { project, name, sha256, size, mirror, uploadTime, requiresPython }
    const known = lock?.find((one) => one.name === name && one.sha256 === sha256)
    const key = `${sha256} ${name}`
    // Of several indexes the first, whatever the order of the requests.
    if (place < (arrived.get(key)?.place ?? Number.POSITIVE_INFINITY))
      arrived.set(key, { arrival: known ?? arrival, place })
  }

  const follow = async function* (
    sent: Sent,
    { length, read }: Sendable,
    from: number,
    to: number | undefined,
  ): AsyncGenerator<Buffer> {
    const key = `${sent.place} ${sent.file.url}`
    const begun = from === 0 ? { hash: createHash('sha256'), length: 0 } : got.get(key)
    if (begun === undefined) return yield* read(from, to)
    got.set(key, begun)
    const finish = (): void => {
      const sha256 = begun.hash.copy().digest('hex')
      if (lock !== undefined && sha256 !== sent.file.hashes['sha256'])
        throw new HttpError('odd', 'sends another file than the one in the lock')
      note(sent, sha256, begun.length)
      got.delete(key)
    }
    let at = from
    for await (const chunk of read(from, to)) {
      // A part may begin before the end of what was got.
      if (at <= begun.length && at + chunk.length > begun.length) {
        begun.hash.update(chunk.subarray(begun.length - at))
        begun.length = at + chunk.length
        // Before the installer has its last bytes, and can end the build.
        if (begun.length === length) finish()
      }
      at += chunk.length
      yield chunk
    }
    if (length === undefined && to === undefined) finish()
  }

  return {
    /** Watches a file on its way to an installer, whole or in part. Under a lock, the last bytes of one that is not the lock's are not sent. */
    watch: (sent: Sent, sendable: Sendable): Sendable => ({
      ...sendable,
      read: (from, to) => follow(sent, sendable, from, to),
    }),
    /** Each file once, whatever the number of those who got it. */
    all: (): readonly Arrival[] => [...arrived.values()].map(({ arrival }) => arrival),
  }
}
