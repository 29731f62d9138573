import { UserError } from '../base/errors.js'
import { entryInRoot } from './path-in-root.js'

/**
 * Refuses an image in which something else is where a folder is needed.
 *
 * @param imageRoot The image's root, on the host.
 * @param path Where a folder must be, or nothing, in the image. A symbolic link is not followed and passes.
 * @throws UserError where a file is there, or whatever else is not a folder.
 */
export const refuseFileAt = (imageRoot: string, path: string): void => {
  const entry = entryInRoot(imageRoot, path)
  if (entry !== undefined && !entry.isDirectory()) {
    throw new UserError(`${path} in the image is not a folder, as the element needs it: remove it in root.d`)
  }
}
