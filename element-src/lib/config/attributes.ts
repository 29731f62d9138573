import { chmodSync, chownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { FolderEntry } from './applied.js'

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

export const isSameAccess = (a: Access, b: Access): boolean => a.mode === b.mode && a.uid === b.uid && a.gid === b.gid

/** The entries of a folder, with what shows any later change to one: the inode and its change time. */
export const listEntries = (folder: string): readonly FolderEntry[] =>
  readdirSync(folder).map((name) => {
    const { ino, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
    return { name, version: `${ino} ${ctimeNs}` }
  })
