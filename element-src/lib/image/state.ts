import type { Format } from '../config/config-files.js'
import type { PipSettings } from '../settings/settings.js'
import type { Footprint } from './footprint.js'

/** What extra-data.d hands to pre-install.d. */
export interface StagedSettings {
  readonly pip: PipSettings
  /** What is in the image for no longer than the hook in its chroot runs. */
  readonly footprint: Footprint
  /** Whether that hook asks the indexes: the relay's were asked on the host. */
  readonly asksIndexes: boolean
  /** Where something is mounted for no longer than that, in the image. */
  readonly mountPoints: readonly string[]
  /** The flat folders, in the image, if there is no other index: what they do not have for its Python is nowhere. */
  readonly onlyFolders: readonly string[]
  /** Whether each step is said. */
  readonly verbose: boolean
}

/** What extra-data.d hands to cleanup.d of the relay. */
export interface StagedRelay {
  /** The URL by which it is asked and ended. */
  readonly control: string
}

/**
 * A configuration file of ours, that stands for one of the image's while the build runs. Texts have one character per
 * byte.
 */
export interface OvermountedText {
  readonly format: Format
  /** What it held at first. */
  readonly content: string
  /** What the image's own holds; undefined where it has none. */
  readonly own: string | undefined
}

/** A file of ours that is mounted over one of the image's. */
export interface OvermountedFile extends OvermountedText {
  /**
   * The mount target, in the image, with no link on the way. Where the image had no file, ours is mounted on an empty
   * stub.
   */
  readonly path: string
  /** The name of our file in the stage folder. */
  readonly source: string
}

/** A file's permissions and owner. */
export interface Access {
  readonly mode: number
  readonly uid: number
  readonly gid: number
}

/** An entry of a mounted folder, from which any change can be told. */
export interface FolderEntry {
  readonly name: string
  /** Its inode and the time of its last change, as one text. */
  readonly version: string
}

/** A configuration file of ours in a mounted folder. */
export interface OvermountedEntry extends OvermountedText {
  readonly name: string
  /** Where the image's own is, in the image: elsewhere where the name is a link. */
  readonly ownPath: string
  /** The access that our file had at first. */
  readonly access: Access
}

/** A folder of ours that is mounted over one of the image's, whose other files are in it. */
export interface OvermountedFolder {
  /** The mount target, in the image, with no link on the way. */
  readonly path: string
  /** The name of our folder in the stage folder. */
  readonly source: string
  readonly access: Access
  /** Its modification time at first, in nanoseconds since 1970. */
  readonly time: string
  /** What was in it at first. */
  readonly entries: readonly FolderEntry[]
  /** Which of that is ours. */
  readonly files: readonly OvermountedEntry[]
}

/** What pre-install.d did, for cleanup.d to undo. */
export interface State extends Footprint {
  readonly files: readonly OvermountedFile[]
  readonly folders: readonly OvermountedFolder[]
  /** Where something of ours is mounted while the build runs, in the image. */
  readonly mountPoints: readonly string[]
  /** Whether each step is said. */
  readonly verbose: boolean
}
