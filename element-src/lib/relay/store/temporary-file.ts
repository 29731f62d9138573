import { close, constants, copyFile, fchmodSync, fsync, open, read, unlinkSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { ignoreErrors } from '../../base/errors.js'

const openAt = promisify(open)
const closeOf = promisify(close)
const readAt = promisify(read)
const writeAt = promisify(write)
const copy = promisify(copyFile)

/** A file for what is on its way. */
export interface TemporaryFile {
  /** Its path; undefined if it has no name any more, and goes with its last descriptor. */
  readonly path: string | undefined
  /** Writes at a position; rejected with the system's error, such as ENOSPC, also if the file could not be made. */
  readonly write: (chunk: Buffer, position: number) => Promise<void>
  /** Reads at most so many bytes, into the beginning of a buffer; returns that part of it. */
  readonly read: (position: number, length: number, into: Buffer) => Promise<Buffer>
  /** Opens it to whom the umask says, and flushes it to the disk. */
  readonly sync: () => Promise<void>
  /** Copies what it holds to a path that is free. */
  readonly copyTo: (to: string) => Promise<TemporaryFile>
  /** Closes it, and removes its name, once it is made. */
  readonly remove: () => Promise<void>
}

const makeAt = (path: string): Promise<number> => openAt(path, 'wx+', 0o600)

/** O_TMPFILE of open(2), which Node.js does not name. */
const withoutName = 0o20000000 | constants.O_DIRECTORY

const makeUnnamed = async (path: string): Promise<number> => {
  try {
    return await openAt(dirname(path), constants.O_RDWR | withoutName, 0o600)
  } catch {
    // A file system without O_TMPFILE, such as NFS.
    const descriptor = await makeAt(path)
    unlinkSync(path)
    return descriptor
  }
}

/** The file is made while its server is asked: beside files that are flushed, making one takes as long as a request. */
const fileOf = (opening: Promise<number>, path: string | undefined): TemporaryFile => {
  // Who writes to it sees the error.
  opening.catch(() => undefined)
  let isOpen = true
  return {
    path,
    write: async (chunk, position) => {
      const descriptor = await opening
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await writeAt(descriptor, chunk, done, chunk.length - done, position + done)
        done += bytesWritten
      }
    },
    read: async (position, length, into) => {
      const { bytesRead } = await readAt(await opening, into, 0, Math.min(length, into.length), position)
      return into.subarray(0, bytesRead)
    },
    sync: async () => {
      const descriptor = await opening
      // Not by its name, which who owns the folder can give to another file.
      fchmodSync(descriptor, 0o666 & ~process.umask())
      await promisify(fsync)(descriptor)
    },
    copyTo: async (to) => {
      await copy(`/proc/self/fd/${await opening}`, to, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE)
      return fileOf(openAt(to, constants.O_RDWR | constants.O_NOFOLLOW), to)
    },
    remove: async () => {
      if (!isOpen) return
      isOpen = false
      const descriptor = await opening.catch(() => undefined)
      if (descriptor === undefined) return
      if (path !== undefined) ignoreErrors(['ENOENT'], () => unlinkSync(path))
      await closeOf(descriptor)
    },
  }
}

/** Makes a file at a path that is free. */
export const fileAt = (path: string): TemporaryFile => fileOf(makeAt(path), path)

/** Makes a file that has no name, in the folder of a path that is free: if the relay is killed, nothing is left of it. */
export const unnamedFile = (path: string): TemporaryFile => fileOf(makeUnnamed(path), undefined)
