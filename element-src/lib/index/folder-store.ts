import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, linkSync, openSync, readdirSync, renameSync, statSync, unlinkSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { errorCode, ignoreErrors } from '../base/errors.js'
import { ifSeen } from '../base/files.js'
import { appendLines, factsFile, factsLine, readFacts, readSums, sumsFile } from './folder-records.js'
import { chooseHash, digestOf, type Hashes, type PageFile } from './page.js'

const temporaryName = /^\.pypi-relay-/

/** No build leaves a file untouched for so long, in milliseconds, before it gets its name. */
const leftOver = 24 * 60 * 60 * 1000

/** For so long, in milliseconds, hashes are gathered before they are written. */
const gathering = 200

/** What link(2) says on file systems without hard links: exFAT, CIFS, shared folders of virtual machines. */
const noHardLinks = ['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK']

// By the file system's own clock; a process number says nothing of other machines and containers.
const removeLeftOvers = (folder: string, probe: string): void => {
  const names = readdirSync(folder).filter((name) => temporaryName.test(name))
  if (names.length === 0) return
  const ages = ignoreErrors(['EACCES', 'EROFS', 'ENOSPC'], () => {
    closeSync(openSync(probe, 'wx'))
    const now = statSync(probe).mtimeMs
    unlinkSync(probe)
    return now
  })
  for (const name of names) {
    const path = join(folder, name)
    ignoreErrors(['ENOENT', 'EACCES', 'EPERM'], () => {
      if (ages !== undefined && ages - statSync(path).mtimeMs > leftOver) unlinkSync(path)
    })
  }
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

/**
 * Opens a folder that builds fill, several at once, on whatever machine or in whatever container each is. Files that a killed build
 * kept, and whose hashes it could not write any more, get theirs.
 *
 * @param onError Called with the system's error if hashes cannot be written.
 * @throws The system's error if it cannot be read.
 */
export const openFolderStore = (folder: string, onError: (error: unknown) => void) => {
  const newPath = (): string => join(folder, `.pypi-relay-${randomBytes(8).toString('hex')}`)
  removeLeftOvers(folder, newPath())
  const digests = new Map<string, ReturnType<typeof digestOf>>()
  const sums = new Map<string, string>()
  let writing: Promise<void> | undefined

  const digest = (path: string, hashes: Hashes = {}): ReturnType<typeof digestOf> => {
    const { size, mtimeMs, ino } = statSync(path)
    const key = JSON.stringify([path, size, mtimeMs, ino, chooseHash(hashes)])
    const digesting = digests.get(key) ?? digestOf(path, hashes)
    digests.set(key, digesting)
    return digesting
  }
  const tryDigest = async (path: string): Promise<string | undefined> => {
    try {
      return (await digest(path)).sha256
    } catch {
      return undefined
    }
  }

  const missing = (): readonly (readonly [string, string])[] => {
    const { hashes } = readSums(folder)
    return [...sums].filter(([name, sha256]) => hashes.get(name) !== sha256)
  }
  const write = async (): Promise<void> => {
    try {
      // Again if lines are not there: two machines may have written over each other's.
      for (let tries = 0; missing().length > 0 && tries < 9; tries += 1) {
        await pause(gathering * (tries === 0 ? 1 : Math.random()))
        await appendLines(
          folder,
          sumsFile,
          missing().map(([name, sha256]) => `${sha256}  ${name}`),
        )
      }
    } catch (error) {
      onError(error)
    }
    writing = undefined
  }
  const addSum = (name: string, sha256: string): void => {
    sums.set(name, sha256)
    writing ??= write()
  }

  const addLost = async (): Promise<void> => {
    const { hashes } = readSums(folder)
    for (const [name, fact] of readFacts(folder)) {
      const sha256 = hashes.get(name) ?? (await tryDigest(join(folder, name)))
      // Of another origin, or not there.
      if (sha256 === undefined || sha256 !== fact.hashes['sha256']) continue
      if (!hashes.has(name)) addSum(name, sha256)
      const metadata = `${name}.metadata`
      const ofMetadata = hashes.has(metadata) ? undefined : await tryDigest(join(folder, metadata))
      if (ofMetadata !== undefined) addSum(metadata, ofMetadata)
    }
  }
  const healing = addLost().catch(onError)

  /** What files were kept from, by this build and those before it. */
  let noted: Set<string> | undefined
  const note = async (file: PageFile, sha256: string, origin: string | undefined): Promise<void> => {
    const keyOf = (from: string | undefined, digits = '', name: string): string => `${from} ${digits} ${name}`
    noted ??= new Set(
      [...readFacts(folder)].flatMap(([name, { hashes, origins = [undefined] }]) =>
        origins.map((one) => keyOf(one, hashes['sha256'], name)),
      ),
    )
    const key = keyOf(origin, sha256, file.name)
    if (noted.has(key)) return
    noted.add(key)
    await appendLines(folder, factsFile, [factsLine(file, sha256, origin)])
  }

  return {
    /** A new temporary name in the folder. */
    newPath,
    /**
     * Looks for a file that is there already, and takes note of who has it as well.
     *
     * @param file What its index tells; one without a hash is not taken for the same.
     */
    find: async (
      file: PageFile,
      origin: string | undefined,
    ): Promise<{ readonly path: string; readonly size: number } | undefined> => {
      const { name, hashes } = file
      const path = join(folder, name)
      if (chooseHash(hashes) === undefined) return undefined
      const stat = ifSeen(() => statSync(path))
      if (stat?.isFile() !== true) return undefined
      const found = await digest(path, hashes).catch(() => undefined)
      if (!found?.isRight) return undefined
      try {
        if (origin !== undefined) await note(file, found.sha256, origin)
      } catch (error) {
        onError(error)
      }
      return { path, size: stat.size }
    },
    /**
     * Gives a file that is whole, on the disk, and as open as it is to be, its name, and takes note of what its index says of it.
     *
     * @param temporary Where it is, in the folder.
     * @returns `kept`; `there` if the folder has it already; `other` if it has another one of that name, which stays. Rejected
     *   with the system's error.
     */
    put: async (
      temporary: string,
      name: string,
      sha256: string,
      file?: PageFile,
      origin?: string,
    ): Promise<'kept' | 'there' | 'other'> => {
      const path = join(folder, name)
      if (!existsSync(path)) {
        // Before the name: who finds the file without a hash knows by this line that a build kept it.
        if (file !== undefined) await note(file, sha256, origin)
        if (nameOnce(temporary, path)) {
          addSum(name, sha256)
          return 'kept'
        }
      }
      return (await tryDigest(path)) === sha256 ? 'there' : 'other'
    },
    /** Resolved when all hashes are written. */
    flush: async (): Promise<void> => {
      await healing
      while (writing !== undefined) await writing
    },
  }
}
