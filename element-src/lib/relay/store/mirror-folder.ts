import { chmodSync, linkSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, errorMessage, ignoreErrors } from '../../base/errors.js'
import { isDistribution } from '../../index/distribution-file.js'
import { chooseHash, digestOf, type Hashes } from '../../index/hashes.js'
import { addSums } from '../../index/sha256sums.js'
import type { RelayLog } from '../relay-log.js'
import { fileIn, removeLeftovers, type TemporaryFile } from './temporary-file.js'

/** The folder that a build fills. */
export interface MirrorFolder {
  /** A file in it for what is on its way; undefined where no more is kept. */
  readonly newFile: () => TemporaryFile | undefined
  /** Says, once, that no more is kept, and why. */
  readonly giveUp: (error: unknown) => void
  /**
   * Looks for a file that is there already.
   *
   * @param name Its name.
   * @param hashes What the index tells; one without a hash is not taken for the same.
   * @returns Its path and length; undefined where it is not there, or is another.
   */
  readonly find: (name: string, hashes: Hashes) => Promise<{ readonly path: string; readonly size: number } | undefined>
  /**
   * Keeps a file that is whole. One of the same name stays.
   *
   * @param file What came.
   * @param name The name that it gets.
   * @param sha256 Its hash.
   * @returns Whether the folder has it now.
   */
  readonly keep: (file: TemporaryFile, name: string, sha256: string) => Promise<boolean>
  /** Keeps something small in the same way; where it cannot, no more is kept. */
  readonly keepBytes: (name: string, content: Buffer, sha256: string) => Promise<void>
  /** What was kept. */
  readonly kept: () => { readonly files: number; readonly bytes: number }
  /** Resolved when all is written. */
  readonly flush: () => Promise<void>
}

/** For so long, in milliseconds, hashes are gathered before they are written. */
const gathering = 200

/**
 * Opens the folder.
 *
 * @param folder Its path, on the host.
 * @param log Where to say what is not kept.
 * @throws The system's error where it cannot be read.
 */
export const openMirrorFolder = (folder: string, log: RelayLog): MirrorFolder => {
  removeLeftovers(folder)
  const known = new Map<string, Promise<{ sha256: string; isRight: boolean | undefined }>>()
  let sums = new Map<string, string>()
  let writing: Promise<void> | undefined
  let hasGivenUp = false
  let files = 0
  let bytes = 0

  const giveUp = (error: unknown): void => {
    if (hasGivenUp) return
    hasGivenUp = true
    const why = errorCode(error) === 'ENOSPC' ? 'no space is left on its device' : errorMessage(error)
    log.warn(
      `${folder} cannot take more files: ${why}; the build goes on, and what it downloads from here on is not kept`,
    )
  }

  const digest = (path: string, hashes: Hashes): Promise<{ sha256: string; isRight: boolean | undefined }> => {
    const { size, mtimeMs, ino } = statSync(path)
    const key = JSON.stringify([path, size, mtimeMs, ino, chooseHash(hashes)])
    const digesting = known.get(key) ?? digestOf(path, hashes)
    known.set(key, digesting)
    return digesting
  }

  const writeSums = async (): Promise<void> => {
    while (sums.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, gathering))
      const added = sums
      sums = new Map()
      try {
        await addSums(folder, added)
      } catch (error) {
        giveUp(error)
      }
    }
    writing = undefined
  }

  const addSum = (name: string, sha256: string): void => {
    sums.set(name, sha256)
    writing ??= writeSums()
  }

  const keep: MirrorFolder['keep'] = async (file, name, sha256) => {
    if (file.path === undefined || hasGivenUp) return false
    const path = join(folder, name)
    try {
      await file.sync()
      chmodSync(file.path, 0o666 & ~process.umask())
      // Unlike a rename, a link does not take another file's place.
      linkSync(file.path, path)
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') {
        giveUp(error)
        return false
      }
      const there = await digest(path, {}).catch(() => undefined)
      if (there?.sha256 !== sha256)
        log.warn(
          `${path} is another file than the ${name} that the build downloaded: the folder's own stays; remove it if it is the wrong one`,
        )
      return there?.sha256 === sha256
    }
    if (isDistribution(name)) {
      files += 1
      bytes += statSync(path).size
    }
    addSum(name, sha256)
    return true
  }

  return {
    giveUp,
    newFile: () => (hasGivenUp ? undefined : fileIn(folder)),
    find: async (name, hashes) => {
      const path = join(folder, name)
      if (chooseHash(hashes) === undefined) return undefined
      const stat = ignoreErrors(['ENOENT', 'EACCES', 'ELOOP', 'ENOTDIR'], () => statSync(path))
      if (stat?.isFile() !== true) return undefined
      const { isRight } = await digest(path, hashes).catch(() => ({ isRight: false }))
      return isRight ? { path, size: stat.size } : undefined
    },
    keep,
    keepBytes: async (name, content, sha256) => {
      const file = hasGivenUp ? undefined : fileIn(folder)
      try {
        await file?.write(content, 0)
        if (file !== undefined) await keep(file, name, sha256)
      } catch (error) {
        giveUp(error)
      } finally {
        await file?.remove()
      }
    },
    kept: () => ({ files, bytes }),
    flush: async () => {
      while (writing !== undefined) await writing
    },
  }
}
