import { statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, errorMessage, ignoreErrors } from '../../base/errors.js'
import { count, type RelayLog } from '../../base/log.js'
import { isDistribution } from '../../index/distribution-file.js'
import { openFolderStore } from '../../index/folder-store.js'
import type { PageFile } from '../../index/page.js'
import { fileAt, type TemporaryFile, unnamedFile } from './growing-file.js'

/** The folder that a build fills. */
export type MirrorFolder = ReturnType<typeof openMirrorFolder>

/** Bytes as people read them: such as 45 MB. */
const readable = (bytes: number): string =>
  bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`

/**
 * Opens the folder.
 *
 * @throws The system's error if it cannot be read.
 */
export const openMirrorFolder = (folder: string, log: RelayLog) => {
  let hasGivenUp = false
  let [keptFiles, keptBytes] = [0, 0]

  /** Says, once, that no more is kept, and why. */
  const giveUp = (error: unknown): void => {
    if (hasGivenUp) return
    hasGivenUp = true
    const why = errorCode(error) === 'ENOSPC' ? 'no space is left on its device' : errorMessage(error)
    log.warn(
      `${folder} cannot take more files: ${why}; the build goes on, and what it downloads from here on is not kept`,
    )
  }
  const { newPath, find, put, flush } = openFolderStore(folder, giveUp)

  /** A file in it for what is on its way; undefined if no more is kept. */
  const newFile = (): TemporaryFile | undefined => (hasGivenUp ? undefined : fileAt(newPath()))

  /**
   * Keeps a file that is whole. One of the same name stays.
   *
   * @param described What its index tells of it.
   * @returns Whether the folder has it now.
   */
  const keep = async (
    file: TemporaryFile,
    name: string,
    sha256: string,
    described?: PageFile,
    origin?: string,
  ): Promise<boolean> => {
    if (hasGivenUp) return false
    const [path, free] = [join(folder, name), newPath()]
    try {
      const done = await put(await file.settle(free), name, sha256, described, origin)
      if (done === 'kept' && isDistribution(name)) {
        keptFiles += 1
        keptBytes += statSync(path).size
      }
      if (done === 'other')
        log.warn(
          `${path} is another file than the ${name} that the build downloaded: the folder's own stays; remove it if it is the wrong one`,
        )
      return done !== 'other'
    } catch (error) {
      giveUp(error)
      return false
    } finally {
      ignoreErrors(['ENOENT'], () => unlinkSync(free))
    }
  }

  return {
    giveUp,
    newFile,
    /** The same for what may not be kept: it has no name. */
    newUnnamed: (): TemporaryFile | undefined => (hasGivenUp ? undefined : unnamedFile(newPath())),
    find,
    keep,
    /** Keeps something small in the same way. */
    keepBytes: async (name: string, content: Buffer, sha256: string): Promise<void> => {
      const file = newFile()
      if (file === undefined) return
      await file.write(content, 0).then(() => keep(file, name, sha256), giveUp)
      await file.remove()
    },
    /** What is said at the end of a build of what was kept; undefined if that is nothing. */
    keptLine: (): string | undefined =>
      keptFiles === 0
        ? undefined
        : `kept ${count(keptFiles, 'new file')}, ${readable(keptBytes)}, in ${folder}: an offline build can use them`,
    /** Resolved when all is written. */
    flush,
  }
}
