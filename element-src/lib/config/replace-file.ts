import { closeSync, fsyncSync, lstatSync, openSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs'
import { run } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'
import { setModificationTime } from '../image/footprint.js'
import { type Access, setAccess } from './applied.js'

/** A file beside the one that it is to become. */
const besides = (path: string): string => `${path}.pypi-new`

/** What a file becomes. */
export interface Replacement {
  /** What it is to say, a character a byte. */
  readonly text: string
  /** The file whose attributes it gets. */
  readonly attributesOf: string
  /** Permissions and owner, if they are not that file's. */
  readonly access?: Access
  /** Its modification time, in nanoseconds since 1970. */
  readonly time: string
}

/** Writes a file whole or not at all. The time of the folder changes. */
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
