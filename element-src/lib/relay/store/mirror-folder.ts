import { statSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, errorMessage } from '../../base/errors.js'
import { isDistribution } from '../../index/distribution-file.js'
import { type FolderStore, openFolderStore } from '../../index/folder-store.js'
import type { PageFile } from '../../index/page.js'
import type { RelayLog } from '../relay-log.js'
import { fileAt, type TemporaryFile, unnamedFile } from './temporary-file.js'

/** The folder that a build fills. */
export interface MirrorFolder {
  /** A file in it for what is on its way; undefined if no more is kept. */
  readonly newFile: () => TemporaryFile | undefined
  /** The same for what may not be kept: it has no name. */
  readonly newUnnamed: () => TemporaryFile | undefined
  /** Says, once, that no more is kept, and why. */
  readonly giveUp: (error: unknown) => void
  readonly find: FolderStore['find']
  /**
   * Keeps a file that is whole. One of the same name stays.
   *
   * @param described What its index tells of it.
   * @returns Whether the folder has it now.
   */
  readonly keep: (
    file: TemporaryFile,
    name: string,
    sha256: string,
    described?: PageFile,
    origin?: string,
  ) => Promise<boolean>
  /** Keeps something small in the same way; if it cannot, no more is kept. */
  readonly keepBytes: (name: string, content: Buffer, sha256: string) => Promise<void>
  /** What was kept. */
  readonly kept: () => { readonly files: number; readonly bytes: number }
  /** Resolved when all is written. */
  readonly flush: () => Promise<void>
}

/**
 * Opens the folder.
 *
 * @param folder Its path, on the host.
 * @param log Where to say what is not kept.
 * @throws The system's error if it cannot be read.
 */
export const openMirrorFolder = (folder: string, log: RelayLog): MirrorFolder => {
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
  const { newPath, find, put, flush } = openFolderStore(folder, giveUp)

  const keep: MirrorFolder['keep'] = async (file, name, sha256, described, origin) => {
    if (hasGivenUp) return false
    const path = join(folder, name)
    try {
      if (file.path === undefined) {
        const named = await file.copyTo(newPath())
        return await keep(named, name, sha256, described, origin).finally(named.remove)
      }
      await file.sync()
      const done = await put(file.path, name, sha256, described, origin)
      if (done === 'kept' && isDistribution(name)) {
        files += 1
        bytes += statSync(path).size
      }
      if (done === 'other')
        log.warn(
          `${path} is another file than the ${name} that the build downloaded: the folder's own stays; remove it if it is the wrong one`,
        )
      return done !== 'other'
    } catch (error) {
      giveUp(error)
      return false
    }
  }

  return {
    giveUp,
    newFile: () => (hasGivenUp ? undefined : fileAt(newPath())),
    newUnnamed: () => (hasGivenUp ? undefined : unnamedFile(newPath())),
    find,
    keep,
    keepBytes: async (name, content, sha256) => {
      const file = hasGivenUp ? undefined : fileAt(newPath())
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
    flush,
  }
}
