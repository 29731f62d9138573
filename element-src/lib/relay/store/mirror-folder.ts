import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, linkSync, openSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { errorCode, errorMessage, ignoreErrors } from '../../base/errors.js'
import { ifSeen } from '../../base/files.js'
import { count, type RelayLog } from '../../base/log.js'
import { newOnce } from '../../base/waiting.js'
import { isDistribution } from '../../index/distribution-file.js'
import { readFacts, readSums } from '../../index/folder-records.js'
import { chooseHash, digestOf, type Hashes, type PageFile } from '../../index/page.js'
import { fileAt, type TemporaryFile, unnamedFile } from './growing-file.js'
import { newRecords } from './write-records.js'

/** The folder that a build fills. */
export type MirrorFolder = ReturnType<typeof openMirrorFolder>

/** No build leaves a file untouched for so long, in milliseconds, before it gets its name. */
const leftOver = 24 * 60 * 60 * 1000

/** What link(2) says on file systems without hard links: exFAT, CIFS, shared folders of virtual machines. */
const noHardLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']

// By the file system's own clock; a process number says nothing of other machines and containers.
const removeLeftOvers = (folder: string, probe: string): void => {
  const names = readdirSync(folder).filter((name) => name.startsWith('.pypi-relay-'))
  if (names.length === 0) return
  ignoreErrors(['EACCES', 'EROFS', 'ENOSPC'], () => {
    closeSync(openSync(probe, 'wx'))
    const now = statSync(probe).mtimeMs
    unlinkSync(probe)
    for (const path of names.map((name) => join(folder, name)))
      ignoreErrors(['ENOENT', 'EACCES', 'EPERM'], () => {
        if (now - statSync(path).mtimeMs > leftOver) unlinkSync(path)
      })
  })
}

/** Gives a file a second name, if that is free; otherwise returns false. */
const nameOnce = (temporary: string, path: string): boolean => {
  try {
    // Unlike a rename, a link does not take another file's place.
    linkSync(temporary, path)
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (code !== 'EEXIST' && !noHardLinks.includes(code)) throw error
    if (existsSync(path)) return false
    renameSync(temporary, path)
  }
  return true
}

/** Bytes as people read them: such as 45 MB. */
const readable = (bytes: number): string =>
  bytes >= 1e6 ? `${Math.round(bytes / 1e6)} MB` : `${Math.max(1, Math.round(bytes / 1e3))} KB`

/**
 * Opens a folder that builds fill, several at once, on whatever machine or in whatever container each is. Files that a killed build
 * kept, and whose hashes it could not write any more, get theirs.
 *
 * @throws The system's error if it cannot be read.
 */
export const openMirrorFolder = (folder: string, log: RelayLog) => {
  const newPath = (): string => join(folder, `.pypi-relay-${randomBytes(8).toString('hex')}`)
  removeLeftOvers(folder, newPath())
  const digests = newOnce<Awaited<ReturnType<typeof digestOf>>>()
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
  const records = newRecords(folder, giveUp)

  /** Undefined if it cannot be read. */
  const digest = async (path: string, hashes: Hashes = {}) => {
    try {
      const { size, mtimeMs, ino } = statSync(path)
      const key = JSON.stringify([path, size, mtimeMs, ino, chooseHash(hashes)])
      return await digests(key, () => digestOf(path, hashes))
    } catch {
      return undefined
    }
  }

  const addLost = async (): Promise<void> => {
    const { hashes } = readSums(folder)
    for (const [name, fact] of readFacts(folder)) {
      const sha256 = hashes.get(name) ?? (await digest(join(folder, name)))?.sha256
      // Of another origin, or not there.
      if (sha256 === undefined || sha256 !== fact.hashes['sha256']) continue
      if (!hashes.has(name)) records.addSum(name, sha256)
      const metadata = `${name}.metadata`
      const ofMetadata = hashes.has(metadata) ? undefined : (await digest(join(folder, metadata)))?.sha256
      if (ofMetadata !== undefined) records.addSum(metadata, ofMetadata)
    }
  }
  const healing = addLost().catch(giveUp)

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
    const path = join(folder, name)
    try {
      await file.settle()
      if (!existsSync(path)) {
        // Before the name: who finds the file without a hash knows by this line that a build kept it.
        if (described !== undefined) await records.addFacts(described, sha256, origin)
        if (nameOnce(file.path, path)) {
          records.addSum(name, sha256)
          if (isDistribution(name)) {
            keptFiles += 1
            keptBytes += statSync(path).size
          }
          return true
        }
      }
      if ((await digest(path))?.sha256 === sha256) return true
      log.warn(
        `${path} is another file than the ${name} that the build downloaded: the folder's own stays; remove it if it is the wrong one`,
      )
    } catch (error) {
      giveUp(error)
    } finally {
      ignoreErrors(['ENOENT'], () => unlinkSync(file.path))
    }
    return false
  }

  return {
    giveUp,
    newFile,
    /** The same for what may not be kept: it has no name. */
    newUnnamed: (): TemporaryFile | undefined => (hasGivenUp ? undefined : unnamedFile(newPath())),
    keep,
    /**
     * Looks for a file that is there already, and takes note of who has it as well.
     *
     * @param file What its index tells; one without a hash is not taken for the same.
     */
    find: async (file: PageFile, origin: string | undefined) => {
      const path = join(folder, file.name)
      if (chooseHash(file.hashes) === undefined) return undefined
      const stat = ifSeen(() => statSync(path))
      if (stat?.isFile() !== true) return undefined
      const found = await digest(path, file.hashes)
      if (!found?.isRight) return undefined
      if (origin !== undefined) await records.addFacts(file, found.sha256, origin).catch(giveUp)
      return { path, size: stat.size }
    },
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
    flush: async (): Promise<void> => {
      await healing
      await records.flush()
    },
  }
}
