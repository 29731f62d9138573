import type { Format } from '../installers/config-files.js'
import type { PipSettings } from '../settings/settings.js'

/** What is in the image for no longer than the hook in its chroot runs. */
export interface Footprint {
  /** Where something is mounted, in the image. */
  readonly mountPoints: readonly string[]
  /** The folders that were made for that, in the image, parents first. */
  readonly madeFolders: readonly string[]
  /** The folders whose times that changed, as they were before. */
  readonly touchedFolders: readonly Omit<TouchedFolder, 'after'>[]
}

/** What extra-data.d hands to pre-install.d. */
export interface StagedSettings {
  readonly pip: PipSettings
  readonly footprint: Footprint
  /** Whether that hook asks the indexes: the relay's were asked on the host. */
  readonly asksIndexes: boolean
  /** Whether each step is said. */
  readonly verbose: boolean
}

/** What extra-data.d hands to cleanup.d of the relay. */
export interface StagedRelay {
  /** The URL below which it answers. */
  readonly base: string
}

/** A file of ours that lies over one of the image's while the build runs. */
export interface OvermountedFile {
  /** The place, in the image, with no link on its way. */
  readonly path: string
  /** The name of our file in the staged folder. */
  readonly source: string
  readonly format: Format
  /** What it held when it was laid. */
  readonly content: string
  /** Whether the image had no file there, so that ours lies on an empty stub. */
  readonly isStub: boolean
  /** Whether what it lies on is empty. */
  readonly isEmpty: boolean
}

/** A folder of the image's whose time stubs changed. Times are in nanoseconds since 1970, as decimal digits. */
export interface TouchedFolder {
  /** The folder, in the image, with no link on its way. */
  readonly path: string
  /** Its modification time before the stubs were made. */
  readonly before: string
  /** Its modification time after that. */
  readonly after: string
}

/** What pre-install.d did, for cleanup.d to undo. */
export interface State {
  readonly laid: readonly OvermountedFile[]
  /** The folders that were made for stubs, in the image, parents first. */
  readonly madeFolders: readonly string[]
  readonly touchedFolders: readonly TouchedFolder[]
  /** Whether each step is said. */
  readonly verbose: boolean
}
