import { lstatSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Access } from '../image/attributes.js'
import type { Footprint } from '../image/footprint.js'
import type { Place } from './places.js'

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
  /** The names in the folder of the image's own, at first. */
  readonly beside: readonly string[]
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
  readonly entries: ReturnType<typeof listEntries>
}

/** What pre-install.d mounted over the image, for cleanup.d to undo. */
export interface Applied extends Footprint {
  readonly files: readonly AppliedFile[]
  readonly folders: readonly AppliedFolder[]
  /** Files of the image's that are not mounted over: what they said before other hooks ran. */
  readonly others: readonly (Place & Pick<AppliedFile, 'own'>)[]
  /** Where something of ours is mounted while the build runs, in the image. */
  readonly mountPoints: readonly string[]
}

/** Whether one of our files is mounted by itself, and not in its folder. */
export const isAlone = ({ source }: Pick<AppliedFile, 'source'>): boolean => !source.includes('/')

/** The names in a folder, each with what shows any later change to it: the inode and its change time, as one text. */
export const listEntries = (folder: string): readonly (readonly [name: string, version: string])[] =>
  readdirSync(folder).map((name) => {
    const { ino, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
    return [name, `${ino} ${ctimeNs}`]
  })
