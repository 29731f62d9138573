import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { tolerate } from '../hook/error.js'
import type { Verdict } from './verdict.js'

// What a path can be wrong in, and what a URL of one can.
const faults = ['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP', 'ERR_INVALID_FILE_URL_PATH', 'ERR_INVALID_ARG_VALUE']

/** Whether an index is a folder of the image's. */
export const isFolderUrl = (url: string): boolean => /^file:/i.test(url)

/**
 * Looks whether the folder of an index is there, in the image.
 *
 * @param url The index, file:///.
 */
export const probeFolder = (url: string): Verdict => {
  const isFolder = tolerate(faults, () => statSync(fileURLToPath(url.replace(/[?#].*/, ''))).isDirectory())
  return isFolder
    ? { state: 'up', reason: 'is a folder' }
    : { state: 'down', reason: 'there is no such folder in the image' }
}
