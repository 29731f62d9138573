import {
  chmodSync,
  closeSync,
  constants,
  copyFileSync,
  fstatSync,
  fsync,
  lstatSync,
  openSync,
  readSync,
  renameSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { errorCode, ignoreErrors } from '../../base/errors.js'
import { factsFile, readFacts, readSums, sumsFile } from '../../index/folder-records.js'
import type { PageFile } from '../../index/page.js'
import { fileAsJson } from '../../index/render.js'

/** For so long, in milliseconds, hashes are gathered before they are written. */
const gathering = 200

const flags = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW

// A folder's owner may fill it although root made the file: a copy of its own takes its place.
const openToAppend = (path: string): number => {
  try {
    return openSync(path, flags, 0o666)
  } catch (error) {
    if (errorCode(error) !== 'EACCES') throw error
    const own = `${path}.${process.pid}-${Date.now()}`
    copyFileSync(path, own, constants.COPYFILE_EXCL)
    chmodSync(own, 0o666 & ~process.umask())
    renameSync(own, path)
    return openSync(path, flags)
  }
}

/**
 * Adds lines to a file of a folder. No lock is needed, none can be left behind, and no line of others is touched: they are
 * appended by one write, which Linux does not mix with another. (Over NFS two may meet: who adds lines looks for them again.)
 *
 * @returns Resolved when they are on the disk, rejected with the system's error. Others see them when this returns.
 */
export const appendLines = async (folder: string, name: string, lines: readonly string[]): Promise<void> => {
  const path = join(folder, name)
  const there = ignoreErrors(['ENOENT'], () => lstatSync(path))
  // Root may fill a folder of another user.
  if (there?.isSymbolicLink()) throw new Error(`${name} is a symbolic link: replace it with a file`)
  if (there?.isFile() === false) return
  const descriptor = openToAppend(path)
  try {
    const { size } = fstatSync(descriptor)
    const last = Buffer.from('\n')
    if (size > 0) readSync(descriptor, last, 0, 1, size - 1)
    const text = Buffer.from([...(last.toString() === '\n' ? [] : ['']), ...lines, ''].join('\n'))
    if (writeSync(descriptor, text) < text.length) {
      throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
    }
    // Not at once, as the rest: a disk takes milliseconds for it.
    await promisify(fsync)(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Writes down what is known of the files of a folder that builds fill, several at once.
 *
 * @param onError Called with the system's error if hashes cannot be written.
 */
export const newRecords = (folder: string, onError: (error: unknown) => void) => {
  const sums = new Map<string, string>()
  let writing: Promise<void> | undefined
  /** How often lines were written since the last hash came. */
  let tries = 0

  const missingLines = (): readonly string[] => {
    const { hashes } = readSums(folder)
    return [...sums].flatMap(([name, sha256]) => (hashes.get(name) === sha256 ? [] : `${sha256}  ${name}`))
  }
  const write = async (): Promise<void> => {
    try {
      // Again if lines are not there: two machines may have written over each other's.
      for (; missingLines().length > 0 && tries < 9; tries += 1) {
        await pause(gathering * (tries === 0 ? 1 : Math.random()))
        await appendLines(folder, sumsFile, missingLines())
      }
    } catch (error) {
      onError(error)
    }
    writing = undefined
  }

  /** What files were kept from, by this build and those before it. */
  let noted: Set<string> | undefined
  const keyOf = (name: string, sha256: string | undefined, origin: string | undefined): string =>
    `${origin} ${sha256} ${name}`

  return {
    addSum: (name: string, sha256: string): void => {
      sums.set(name, sha256)
      tries = 0
      writing ??= write()
    },
    /** Notes what an index, by its mark, says of a file; rejected with the system's error. */
    addFacts: async (file: PageFile, sha256: string, origin: string | undefined): Promise<void> => {
      noted ??= new Set(
        [...readFacts(folder)].flatMap(([name, { hashes, origins = [undefined] }]) =>
          origins.map((one) => keyOf(name, hashes['sha256'], one)),
        ),
      )
      const key = keyOf(file.name, sha256, origin)
      if (noted.has(key)) return
      noted.add(key)
      const facts = { ...file, hashes: { sha256 }, fragment: undefined, coreMetadata: undefined }
      // A key that begins with `_` is private (PEP 691).
      await appendLines(folder, factsFile, [JSON.stringify({ ...fileAsJson(facts, undefined), _origin: origin })])
    },
    /** Resolved when all hashes are written. */
    flush: async (): Promise<void> => {
      while (writing !== undefined) await writing
    },
  }
}
