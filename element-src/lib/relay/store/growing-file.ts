import { constants, unlinkSync } from 'node:fs'
import { copyFile, type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ignoreErrors } from '../../base/errors.js'

/** A file for what is on its way. */
export type TemporaryFile = ReturnType<typeof fileOf>

/** O_TMPFILE of open(2), which Node.js does not name. */
const withoutName = 0o20000000 | constants.O_DIRECTORY

const makeUnnamed = async (path: string): Promise<FileHandle> => {
  try {
    return await open(dirname(path), constants.O_RDWR | withoutName, 0o600)
  } catch {
    // A file system without O_TMPFILE, such as NFS.
    const made = await open(path, 'wx+', 0o600)
    unlinkSync(path)
    return made
  }
}

/** The file is made while its server is asked: beside files that are flushed, making one takes as long as a request. */
const fileOf = (opening: Promise<FileHandle>, path: string, hasName: boolean) => {
  // Who writes to it sees the error.
  opening.catch(() => undefined)
  let isOpen = true
  return {
    path,
    /** Writes at a position; rejected with the system's error, such as ENOSPC, also if the file could not be made. */
    write: async (chunk: Buffer, position: number): Promise<void> => {
      const file = await opening
      for (let done = 0; done < chunk.length; )
        done += (await file.write(chunk, done, chunk.length - done, position + done)).bytesWritten
    },
    /** Reads at most so many bytes, into the beginning of a buffer; returns that part of it. */
    read: async (position: number, length: number, into: Buffer = Buffer.alloc(length)): Promise<Buffer> => {
      const { bytesRead } = await (await opening).read(into, 0, Math.min(length, into.length), position)
      return into.subarray(0, bytesRead)
    },
    /** Opens it to whom the umask says, and flushes it to the disk; if it has no name, that is done to a copy, at its path. */
    settle: async (): Promise<void> => {
      const own = await opening
      let file = own
      if (!hasName) {
        await copyFile(`/proc/self/fd/${own.fd}`, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
        file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW)
      }
      try {
        // Not by its name, which who owns the folder can give to another file.
        await file.chmod(0o666 & ~process.umask())
        await file.sync()
      } finally {
        if (file !== own) await file.close()
      }
    },
    /** Closes it, and removes its name, once it is made. */
    remove: async (): Promise<void> => {
      if (!isOpen) return
      isOpen = false
      const file = await opening.catch(() => undefined)
      if (file === undefined) return
      if (hasName) ignoreErrors(['ENOENT'], () => unlinkSync(path))
      await file.close()
    },
  }
}

/** Makes a file at a path that is free. */
export const fileAt = (path: string): TemporaryFile => fileOf(open(path, 'wx+', 0o600), path, true)

/** Makes a file that has no name, in the folder of a path that is free: if the relay is killed, nothing is left of it. */
export const unnamedFile = (path: string): TemporaryFile => fileOf(makeUnnamed(path), path, false)

/** What reads a file while it grows. */
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

/**
 * Lets many read what is received once, while it grows, each from its own position.
 *
 * @param onFull Called once, with the system's error, when no more can be stored.
 * @param onLeave Called when a reader has gone.
 */
export const newSpool = (file: TemporaryFile, onFull: (error: unknown) => void, onLeave: () => void) => {
  const waiting: (() => void)[] = []
  const positions = new Set<{ at: number }>()
  let stored = 0
  let total = 0
  let isStoring = true
  /** What came last: readers that are there have it from memory, and it may not be stored yet. */
  let last: Buffer = Buffer.alloc(0)
  let end: true | Error | undefined

  const change = (): Promise<void> => new Promise((resolve) => waiting.push(resolve))
  const tell = (): void => {
    for (const resolve of waiting.splice(0)) resolve()
  }

  const take = async (at: number, most: number, into: Buffer): Promise<Buffer> => {
    const start = total - last.length
    if (at >= start) return last.subarray(at - start, at - start + most)
    if (at >= stored) throw new Error('this part has not been stored')
    return file.read(at, Math.min(stored - at, most), into)
  }

  return {
    /** Appends; resolved when it is stored, or, if there is no room to store it, when all readers have it. */
    append: async (chunk: Buffer): Promise<void> => {
      last = chunk
      total += chunk.length
      tell()
      try {
        if (isStoring) {
          await file.write(chunk, stored)
          stored += chunk.length
          return
        }
      } catch (error) {
        isStoring = false
        onFull(error)
      }
      while (end === undefined && [...positions].some(({ at }) => at < total)) await change()
    },
    /** Says that all is there, or that no more comes, and why. */
    finish: (how: true | Error): void => {
      end ??= how
      tell()
    },
    isStored: (): boolean => isStoring,
    readers: (): number => positions.size,
    join: (signal: AbortSignal): Reader => {
      const position = { at: 0 }
      positions.add(position)
      const leave = (): void => {
        if (!positions.delete(position)) return
        signal.removeEventListener('abort', leave)
        tell()
        onLeave()
      }
      signal.addEventListener('abort', leave)
      return {
        leave,
        read: async function* (from, to) {
          position.at = from
          const own = Buffer.allocUnsafeSlow(readSize)
          while (!signal.aborted && (to === undefined || position.at < to)) {
            if (position.at < total) {
              const chunk = await take(position.at, to === undefined ? readSize : to - position.at, own)
              yield chunk
              position.at += chunk.length
              tell()
            } else if (end instanceof Error) throw end
            else if (end) return
            else await change()
          }
        },
      }
    },
  }
}
