import { dirname, join } from 'node:path'
import type { Footprint } from '../stage/state.js'
import { modificationTime } from './modification-time.js'
import { lstatInRoot } from './path-in-root.js'

/** A path and those of the folders that it is in, from the top. */
const way = (path: string): readonly string[] => (path === '/' ? [] : [...way(dirname(path)), path])

/**
 * Says what mounting will make and change in the image, so that it can be undone. Nothing is changed yet.
 *
 * @param imageRoot The image's root, on the host.
 * @param mountPoints Where something will be mounted, in the image.
 * @throws HookError where one of them or a folder on its way is a link.
 */
export const planFootprint = (imageRoot: string, mountPoints: readonly string[]): Footprint => {
  const madeFolders = [
    ...new Set(mountPoints.flatMap((path) => way(path).filter((folder) => !lstatInRoot(imageRoot, folder)))),
  ]
  const parents = new Set(madeFolders.map((path) => dirname(path)).filter((path) => !madeFolders.includes(path)))
  // dib makes and removes a folder in /tmp for each of its phases.
  parents.delete('/tmp')
  const touchedFolders = [...parents].map((path) => ({ path, before: modificationTime(join(imageRoot, path)) }))
  return { mountPoints, madeFolders, touchedFolders }
}
