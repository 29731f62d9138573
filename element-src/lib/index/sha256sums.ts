import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { ignoreErrors } from '../base/errors.js'

/** The file in which sha256sum(1) finds the hashes of a folder's files. */
export const sumsFile = 'SHA256SUMS'

/**
 * Reads hashes as sha256sum(1) writes them.
 *
 * @param folder The folder, on the host.
 * @returns Its files' hashes in hexadecimal digits, by name; none where there is no such file.
 */
export const readSums = (folder: string): Map<string, string> => {
  const text = ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES'], () => readFileSync(join(folder, sumsFile), 'utf8')) ?? ''
  return new Map(
    text.split('\n').flatMap((line): [string, string][] => {
      const [, digits, name] = /^([0-9a-f]{64}) [ *](.+)$/.exec(line) ?? []
      return digits === undefined || name === undefined ? [] : [[name, digits]]
    }),
  )
}

const lockFile = '.SHA256SUMS.lock'

const isAlive = (pid: number): boolean =>
  pid > 0 && (ignoreErrors(['EPERM'], () => ignoreErrors(['ESRCH'], () => process.kill(pid, 0)) ?? false) ?? true)

/** Waits until no other relay writes to the folder. One that was killed leaves its number behind. */
const lock = async (folder: string): Promise<() => void> => {
  const path = join(folder, lockFile)
  for (;;) {
    const descriptor = ignoreErrors(['EEXIST'], () => openSync(path, 'wx', 0o644))
    if (descriptor !== undefined) {
      writeFileSync(descriptor, String(process.pid))
      closeSync(descriptor)
      return () => ignoreErrors(['ENOENT'], () => unlinkSync(path))
    }
    const holder = ignoreErrors(['ENOENT'], () => readFileSync(path, 'utf8'))
    // Between its making and its writing it is empty, for less than this pause.
    await pause(20 + Math.random() * 30)
    const again = ignoreErrors(['ENOENT'], () => readFileSync(path, 'utf8'))
    if (holder !== undefined && holder === again && !isAlive(Number(holder)))
      ignoreErrors(['ENOENT'], () => unlinkSync(path))
  }
}

/**
 * Adds hashes to those that a folder has. Other relays may do so at the same time: no hash is lost, and a reader finds
 * the old file or the new one, whole.
 *
 * @param folder The folder, on the host.
 * @param added Hashes by the names of files. Hashes of files that are no longer there go.
 * @returns Rejected with the system's error.
 */
export const addSums = async (folder: string, added: ReadonlyMap<string, string>): Promise<void> => {
  const unlock = await lock(folder)
  const temporary = join(folder, `.${sumsFile}.new`)
  try {
    const all = [...new Map([...readSums(folder), ...added])]
      .filter(([name]) => existsSync(join(folder, name)))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const descriptor = openSync(temporary, 'w', 0o644)
    try {
      writeFileSync(descriptor, all.map(([name, digits]) => `${digits}  ${name}\n`).join(''))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, join(folder, sumsFile))
  } catch (error) {
    ignoreErrors(['ENOENT'], () => unlinkSync(temporary))
    throw error
  } finally {
    unlock()
  }
}
