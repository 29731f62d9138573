import { chmodSync, chownSync, lstatSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Footprint } from '../image/footprint.js'
import type { Place } from './places.js'

/** A file's or folder's permissions and owner. */
export interface Access {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** One of our files that stands for one of the image's while the build runs. Texts have one character per byte. */
export interface AppliedFile extends Place {
  /** Where the image's own is, in the image, with no link on the way. */
  readonly path: string
  /** What ours held at first. */
  readonly content: string
  /** What the image's own holds; undefined if it has none. */
  readonly own: string | undefined
  /** Our file, below the stage folder. */
  readonly source: string
  /** The access that our file had at first. */
  readonly access: Access
  /** The files that a package manager had left beside the image's own, by their names. */
  readonly leftovers: readonly string[]
}

/** A file of the image's that is not mounted over: what it said before other hooks ran. */
export type OtherFile = Place & Pick<AppliedFile, 'own'>

/** An entry of a mounted folder, from which any change can be told. */
export interface FolderEntry {
  readonly name: string
  /** Its inode and the time of its last change, as one text. */
  readonly version: string
}

/** One of our folders that is mounted over one of the image's, whose other files are in it. */
export interface AppliedFolder {
  /** The mount target, in the image, with no link on the way. */
  readonly path: string
  /** The name of our folder in the stage folder. */
  readonly source: string
  readonly access: Access
  /** Its modification time at first, in nanoseconds since 1970. */
  readonly time: string
  /** What was in it at first. */
  readonly entries: readonly FolderEntry[]
}

/** What pre-install.d mounted over the image, for cleanup.d to undo. */
export interface Applied extends Footprint {
  readonly files: readonly AppliedFile[]
  readonly folders: readonly AppliedFolder[]
  readonly others: readonly OtherFile[]
  /** Where something of ours is mounted while the build runs, in the image. */
  readonly mountPoints: readonly string[]
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
