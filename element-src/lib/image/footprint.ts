import { rmdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { modificationTime, setModificationTime } from './attributes.js'
import { entryInRoot, lstatInRoot, wayTo } from './path-in-root.js'

/** A folder of the image's, with no link on its way, and its modification time before and after something was made in it. */
interface TouchedFolder {
  readonly path: string
  readonly before: string
  readonly after?: string
}

/** What is made in the image and has to be undone. */
export interface Footprint {
  /** Parents first. */
  readonly madeFolders: readonly string[]
  readonly touchedFolders: readonly TouchedFolder[]
}

/** @throws UserError if one of the folders that are to be made, or one on its way, is a link. */
export const planFootprint = (root: string, folders: readonly string[], files: readonly string[] = []): Footprint => {
  const madeFolders = [...new Set(folders.flatMap(wayTo))].filter((folder) => !lstatInRoot(root, folder))
  const parents = new Set([...madeFolders, ...files].map((path) => dirname(path)))
  // dib makes and removes a folder in /tmp for each of its phases.
  for (const path of [...madeFolders, '/tmp']) parents.delete(path)
  return {
    madeFolders,
    touchedFolders: [...parents].map((path) => ({ path, before: modificationTime(join(root, path)) })),
  }
}

/** The folders' times now, once everything is made, to tell later changes from ours. */
export const noteTimes = (root: string, touched: readonly TouchedFolder[]): readonly TouchedFolder[] =>
  touched.map((folder) => ({ ...folder, after: modificationTime(join(root, folder.path)) }))

/** Removes folders that were made in the image, but for those in which there is something by now: another hook's. */
export const removeMadeFolders = (root: string, madeFolders: readonly string[]): readonly string[] => {
  const removed: string[] = []
  for (const path of [...madeFolders].reverse()) {
    if (!entryInRoot(root, path)?.isDirectory()) continue
    ignoreErrors(['ENOTEMPTY', 'EEXIST', 'EBUSY'], () => {
      rmdirSync(join(root, path))
      removed.push(path)
    })
  }
  return removed
}

/**
 * Looks at the folders' times before anything is undone, which changes them. Each action that it returns gives a folder the
 * time that it has without us: the one from before, unless another hook has changed it since.
 */
export const keepTimes = (root: string, touched: readonly TouchedFolder[]): readonly (() => void)[] =>
  touched.flatMap(({ path, before, after }) => {
    const folder = join(root, path)
    if (!entryInRoot(root, path)?.isDirectory()) return []
    const now = modificationTime(folder)
    return () => setModificationTime(folder, now === after ? before : now)
  })
