import { errorMessage } from '../base/errors.js'
import { credentialsIn } from '../http/credentials.js'
import { keepTimes, removeMadeFolders } from '../image/footprint.js'
import type { State } from '../image/state.js'
import { takeOffFile } from './revert-file.js'
import { takeOffFolder } from './revert-folder.js'

/** What became of what was mounted over the image. */
export interface TakenOff {
  /** The stubs and folders that were removed, in the image. */
  readonly removed: readonly string[]
  /** What another hook changed, in the image. */
  readonly kept: readonly string[]
  /** What could not be undone, a line each. */
  readonly faults: readonly string[]
}

/**
 * Removes from the image what was made for mounting over it: the stubs and the folders. The folders around them get their
 * times back. dib has unmounted everything by now. What another hook changed there is kept in the image. Every step is
 * tried, even where others fail. It runs on the host, as root.
 *
 * @param root The image's root, on the host.
 * @param stage The stage folder, on the host.
 * @param done What pre-install.d did.
 */
export const revert = (root: string, stage: string, done: State): TakenOff => {
  const removed: string[] = []
  const kept: string[] = []
  const faults: string[] = []
  const attempt = (action: () => void): void => {
    try {
      action()
    } catch (error) {
      faults.push(errorMessage(error))
    }
  }
  const restoreTimes = keepTimes(root, done.touchedFolders, attempt)
  const texts = [...done.files, ...done.folders.flatMap(({ files }) => files)]
  const credentials = credentialsIn(texts.map(({ content }) => content))
  for (const folder of done.folders) {
    const isMade = done.madeFolders.includes(folder.path)
    attempt(() => {
      kept.push(...takeOffFolder(root, stage, folder, isMade, credentials, attempt))
    })
  }
  for (const file of done.files) {
    attempt(() => {
      const outcome = takeOffFile(root, stage, file, credentials)
      if (outcome === 'removed') removed.push(file.path)
      if (outcome === 'kept') kept.push(file.path)
    })
  }
  removed.push(...removeMadeFolders(root, done.madeFolders, attempt))
  restoreTimes()
  return { removed, kept, faults }
}
