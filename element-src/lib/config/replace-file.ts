import {
  chmodSync,
  chownSync,
  closeSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { run } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'
import { setModificationTime } from '../image/modification-time.js'
import type { Access } from '../image/state.js'

/** A file beside the one that it is to become. */
const besides = (path: string): string => `${path}.pypi-new`

/**
 * Gives a file or folder permissions and an owner.
 *
 * @param path Where.
 * @param access What it gets.
 */
export const setAccess = (path: string, { mode, uid, gid }: Access): void => {
  chownSync(path, uid, gid)
  // After chown, which clears set-user-ID.
  chmodSync(path, mode)
}

/** What a file becomes. */
export interface Replacement {
  /** What it is to say, a character a byte. */
  readonly text: string
  /** The file whose attributes it gets. */
  readonly attributesOf: string
  /** Permissions and owner, where they are not that file's. */
  readonly access: Access | undefined
  /** Its modification time, in nanoseconds since 1970. */
  readonly time: string
}

/**
 * Writes a file whole or not at all. The time of the folder changes.
 *
 * @param path The file, there or not.
 * @param replacement What it becomes.
 */
export const replaceFile = (path: string, { text, attributesOf, access, time }: Replacement): void => {
  const temporary = besides(path)
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    writeFileSync(descriptor, text, 'latin1')
    fsyncSync(descriptor)
    run('cp', ['--attributes-only', '--preserve=all', attributesOf, temporary])
    if (access !== undefined) setAccess(temporary, access)
    setModificationTime(temporary, time)
    renameSync(temporary, path)
  } catch (error) {
    unlinkSync(temporary)
    throw error
  } finally {
    closeSync(descriptor)
  }
}

/**
 * Copies an entry of whatever kind, with its attributes, over another: whole or not at all. The time of the folder changes.
 *
 * @param from What to copy.
 * @param path Where it goes, there or not.
 */
export const replaceEntry = (from: string, path: string): void => {
  const temporary = besides(path)
  try {
    run('cp', ['-a', '--no-target-directory', from, temporary])
    // rename(2) replaces neither a folder by a file, nor a folder that is not empty.
    const isFolder = [path, from].some((one) => ignoreErrors(['ENOENT'], () => lstatSync(one))?.isDirectory())
    if (isFolder) rmSync(path, { recursive: true, force: true })
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}
