import { randomBytes } from 'node:crypto'
import { chmodSync, chownSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { run } from '../base/command.js'
import { lstatAt } from './path-in-root.js'

/** A modification time: nanoseconds since 1970, as decimal digits, after a minus sign if it is before 1970. */
export const modificationTime = (path: string): string => String(statSync(path, { bigint: true }).mtimeNs)

export const setModificationTime = (path: string, nanoseconds: string): void => {
  const seconds = nanoseconds.replace(/\d+/, (all) => all.padStart(10, '0')).replace(/\d{9}$/, '.$&')
  // Node.js' own way has the seconds as a floating-point number: right for whole ones, as tarballs have them. It takes a
  // time before 1970 for now.
  if (/^\d+\.0+$/.test(seconds)) utimesSync(path, statSync(path).atimeMs / 1000, Number(seconds))
  else run('touch', ['--no-create', '-m', `--date=@${seconds}`, path])
}

/** A file's or folder's permissions and owner. */
export interface Access {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** What a hook that makes a file by itself gives it, root's umask being 022. */
export const usualAccess: Access = { mode: 0o644, uid: 0, gid: 0 }

export const accessOf = (path: string): Access => {
  const { mode, uid, gid } = statSync(path)
  return { mode: mode & 0o7777, uid, gid }
}

export const setAccess = (path: string, { mode, uid, gid }: Access): void => {
  chownSync(path, uid, gid)
  // After chown, which clears set-user-ID.
  chmodSync(path, mode)
}

/** What is to take the place of an entry is made beside it, and moved there: whole or not at all. A link is replaced, not followed. */
export const replace = (path: string, make: (temporary: string) => void): void => {
  const temporary = `${path}.pypi-${randomBytes(6).toString('hex')}`
  try {
    make(temporary)
    renameSync(temporary, path)
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true })
    throw error
  }
}

/**
 * Writes a file whole or not at all, a character a byte, with the attributes of another one, but for its time, and its access
 * if that is another one. The time of the folder changes.
 */
export const replaceFile = (path: string, text: string, attributesOf: string, time: string, access?: Access): void =>
  replace(path, (temporary) => {
    writeFileSync(temporary, text, { encoding: 'latin1', mode: 0o600, flag: 'wx' })
    run('cp', ['--attributes-only', '--preserve=all', attributesOf, temporary])
    if (access !== undefined) setAccess(temporary, access)
    setModificationTime(temporary, time)
  })

/**
 * Copies an entry of whatever kind, with its attributes, over another, whole or not at all, or removes that if there is none to
 * copy, and says whether there was something to do. The time of the folder changes.
 */
export const replaceEntry = (from: string, path: string): boolean => {
  const [found, old] = [lstatAt(from), lstatAt(path)]
  const remove = (): void => rmSync(path, { recursive: true })
  if (found === undefined && old !== undefined) remove()
  if (found === undefined) return old !== undefined
  replace(path, (temporary) => {
    run('cp', ['-a', '--no-target-directory', from, temporary])
    // rename(2) replaces neither a folder by a file, nor a folder that is not empty.
    if (old !== undefined && (old.isDirectory() || found.isDirectory())) remove()
  })
  return true
}
