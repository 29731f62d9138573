import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { ignoreErrors } from '../base/errors.js'

/** The result of an index's probe. */
export interface ProbeResult {
  /**
   * `up`: it can be used. `pageless`: its server has no page at its root, as some registries do not. `misplaced`: what is
   * there is not an index. `odd`: what its server sends is not understood here. `refuses`: a server is there, but refuses
   * this build because of the credentials or a certificate. `failing`: it answers with errors of its own. `slow`: its
   * server answers, but not for the index within the time limit. `down`: no connection to it can be made. Of these the
   * last alone leaves it out of a build.
   */
  readonly state: 'up' | 'pageless' | 'misplaced' | 'odd' | 'refuses' | 'failing' | 'slow' | 'down'
  /** What it answered, or what is wrong with it. */
  readonly reason: string
  /** The URL to use instead of what the user wrote, without credentials, if the server says what is meant. */
  readonly usedAs?: string
  /** What the user should know besides, a line each. */
  readonly notes?: readonly string[]
}

// The errors of a wrong path, and of a wrong file: URL.
const faults = ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ERR_INVALID_FILE_URL_PATH', 'ERR_INVALID_ARG_VALUE']

/** Whether an index is a folder of the image's. */
export const isFolderUrl = (url: string): boolean => /^file:/i.test(url)

/** Looks whether the folder of an index is there, in the image. */
export const probeFolder = (url: string): ProbeResult => {
  const isFolder = ignoreErrors(faults, () => statSync(fileURLToPath(url.replace(/[?#].*/, ''))).isDirectory())
  return isFolder
    ? { state: 'up', reason: 'is a folder' }
    : {
        state: 'down',
        reason:
          'the image has no such folder: put the mirror of the host into pypi/mirror below DIB_IMAGE_CACHE, and write file:///tmp/pypi',
      }
}
