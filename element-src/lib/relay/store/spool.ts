import type { TemporaryFile } from './temporary-file.js'

/** Data that is received once, and read by many while it grows, each from its own position. */
export interface Spool {
  /** Appends; resolved when it is stored, or, if there is no room to store it, when all readers have it. */
  readonly append: (chunk: Buffer) => Promise<void>
  /** Says that all is there. */
  readonly finish: () => void
  /** Says that no more comes, and why. */
  readonly fail: (error: Error) => void
  /** Adds a reader, which begins at the first byte unless `read` says otherwise. */
  readonly join: (signal: AbortSignal) => Reader
  /** Whether a reader can still begin at the first byte. */
  readonly isStored: () => boolean
  /** The number of readers. */
  readonly readers: () => number
}

/** A reader. */
export interface Reader {
  /**
   * Reads, once, and waits for what is not there yet.
   *
   * @param from The first byte.
   * @param to The byte behind the last; undefined for all.
   * @returns The bytes, each chunk good until the next is asked for; ends with the error of `fail`.
   */
  readonly read: (from: number, to: number | undefined) => AsyncGenerator<Buffer>
  /** Says that nothing is read any more. */
  readonly leave: () => void
}

const readSize = 64 * 1024

/** Lets several readers wait for the next change. */
const newChanges = () => {
  let waiting: (() => void)[] = []
  return {
    next: () =>
      new Promise<void>((resolve) => {
        waiting.push(resolve)
      }),
    tell: () => {
      const all = waiting
      waiting = []
      for (const resolve of all) resolve()
    },
  }
}

/**
 * Opens a spool.
 *
 * @param file Where it is stored; undefined if nothing can be.
 * @param onFull Called once, with the system's error, when no more can be stored.
 * @param onLeave Called when a reader has gone.
 */
export const newSpool = (
  file: TemporaryFile | undefined,
  onFull: (error: unknown) => void,
  onLeave: () => void,
): Spool => {
  const changes = newChanges()
  const positions = new Set<{ at: number }>()
  let stored = 0
  let total = 0
  let isStoring = file !== undefined
  /** What came last: readers that are there have it from memory, and it may not be stored yet. */
  let last: Buffer = Buffer.alloc(0)
  let end: true | Error | undefined

  const store = async (chunk: Buffer): Promise<boolean> => {
    if (!isStoring || file === undefined) return false
    try {
      await file.write(chunk, stored)
      stored += chunk.length
      return true
    } catch (error) {
      isStoring = false
      onFull(error)
      return false
    }
  }

  const take = async (at: number, most: number, into: Buffer): Promise<Buffer> => {
    const start = total - last.length
    if (at >= start) return last.subarray(at - start, at - start + most)
    if (at >= stored || file === undefined) throw new Error('this part has not been stored')
    return file.read(at, Math.min(stored - at, most), into)
  }

  return {
    append: async (chunk) => {
      last = chunk
      total += chunk.length
      changes.tell()
      if (await store(chunk)) return
      while (end === undefined && [...positions].some(({ at }) => at < total)) await changes.next()
    },
    finish: () => {
      end ??= true
      changes.tell()
    },
    fail: (error) => {
      end ??= error
      changes.tell()
    },
    isStored: () => isStoring || total === 0,
    readers: () => positions.size,
    join: (signal) => {
      const position = { at: 0 }
      positions.add(position)
      signal.addEventListener('abort', changes.tell)
      return {
        read: async function* (from, to) {
          position.at = from
          const own = Buffer.allocUnsafeSlow(readSize)
          while (!signal.aborted && (to === undefined || position.at < to)) {
            if (position.at < total) {
              const chunk = await take(position.at, to === undefined ? readSize : to - position.at, own)
              yield chunk
              position.at += chunk.length
              changes.tell()
            } else if (end instanceof Error) throw end
            else if (end) return
            else await changes.next()
          }
        },
        leave: () => {
          if (!positions.delete(position)) return
          signal.removeEventListener('abort', changes.tell)
          changes.tell()
          onLeave()
        },
      }
    },
  }
}
