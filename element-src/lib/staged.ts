import type { Applied } from './config/applied.js'
import type { Footprint } from './image/footprint.js'
import type { PipSettings } from './settings/settings.js'

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
  /** Whether to log each step (DIB_DEBUG_TRACE). */
  readonly verbose: boolean
}

/** What extra-data.d hands to cleanup.d of the relay. */
export interface StagedRelay {
  /** The URL by which it is asked and ended. */
  readonly control: string
}

/** What pre-install.d hands to cleanup.d. */
export interface State extends Applied {
  /** What the image's /etc/uv/uv.toml said, for which every user's uv reads ours. */
  readonly etcUv: string | undefined
  /** What must not get into the image. */
  readonly secrets: readonly string[]
  /** Whether to log each step (DIB_DEBUG_TRACE). */
  readonly verbose: boolean
}
