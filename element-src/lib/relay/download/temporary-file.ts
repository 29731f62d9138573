import { closeSync, fsync, openSync, read, readdirSync, unlinkSync, write } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { tolerate } from '../../hook/error.js'

const readAt = promisify(read)
const writeAt = promisify(write)

/** A file for what is on its way. */
export interface TemporaryFile {
  /** Its path; undefined where it has no name any more, and goes with its last descriptor. */
  readonly path: string | undefined
  /** Appends at a position; rejected with the system's error, such as ENOSPC. */
  readonly write: (chunk: Buffer, position: number) => Promise<void>
  /** Reads at most so many bytes, into the beginning of a buffer; returns that part of it. */
  readonly read: (position: number, length: number, into: Buffer) => Promise<Buffer>
  /** Flushes it to the disk. */
  readonly sync: () => Promise<void>
  /** Closes it, and removes its name. */
  readonly remove: () => void
}

const prefix = '.pypi-relay-'
let count = 0

const fileAt = (path: string, isNamed: boolean): TemporaryFile => {
  const descriptor = openSync(path, 'wx+', 0o600)
  if (!isNamed) unlinkSync(path)
  let isOpen = true
  return {
    path: isNamed ? path : undefined,
    write: async (chunk, position) => {
      for (let done = 0; done < chunk.length; ) {
        const { bytesWritten } = await writeAt(descriptor, chunk, done, chunk.length - done, position + done)
        done += bytesWritten
      }
    },
    read: async (position, length, into) => {
      const { bytesRead } = await readAt(descriptor, into, 0, Math.min(length, into.length), position)
      return into.subarray(0, bytesRead)
    },
    sync: () => promisify(fsync)(descriptor),
    remove: () => {
      if (!isOpen) return
      isOpen = false
      closeSync(descriptor)
      if (isNamed) tolerate(['ENOENT'], () => unlinkSync(path))
    },
  }
}

/**
 * Makes a file in the folder that is filled. Its name begins with a dot, and with this process' number.
 *
 * @param folder The folder, on the host.
 * @throws The system's error.
 */
export const fileIn = (folder: string): TemporaryFile => {
  count += 1
  return fileAt(join(folder, `${prefix}${process.pid}-${count}`), true)
}

/**
 * Makes a file that has no name, so that nothing is left of it however the relay ends.
 *
 * @throws The system's error.
 */
export const namelessFile = (): TemporaryFile => {
  count += 1
  const name = `${prefix}${process.pid}-${count}-${Date.now().toString(36)}`
  // By the FHS, what is temporary and large; /tmp often is memory.
  return (
    tolerate(['ENOENT', 'EACCES', 'EROFS', 'ENOSPC', 'EDQUOT'], () => fileAt(join('/var/tmp', name), false)) ??
    fileAt(join(tmpdir(), name), false)
  )
}

const isRunning = (pid: number): boolean => tolerate(['ESRCH'], () => process.kill(pid, 0)) ?? false

/**
 * Removes what a killed relay left.
 *
 * @param folder The folder that is filled.
 */
export const removeLeftovers = (folder: string): void => {
  for (const name of readdirSync(folder)) {
    const [, pid] = /^\.pypi-relay-(\d+)-\d+$/.exec(name) ?? []
    if (pid === undefined || tolerate(['EPERM'], () => isRunning(Number(pid))) !== false) continue
    tolerate(['ENOENT', 'EACCES', 'EPERM'], () => unlinkSync(join(folder, name)))
  }
}
