import { rmdirSync, statSync, utimesSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'
import { entryInRoot, lstatInRoot, wayTo } from './path-in-root.js'

/** A modification time: nanoseconds since 1970, as decimal digits, after a minus sign if it is before 1970. */
export const modificationTime = (path: string): string => String(statSync(path, { bigint: true }).mtimeNs)

export const setModificationTime = (path: string, nanoseconds: string): void => {
  const [, sign = '', digits = ''] =
    /^(-?)(\d+)$/.exec(nanoseconds.replace(/\d+/, (all) => all.padStart(10, '0'))) ?? []
  const [seconds, fraction] = [digits.slice(0, -9), digits.slice(-9)]
  // Node.js' own way has the seconds as a floating-point number: right for whole ones, as tarballs have them. It takes a
  // time before 1970 for now.
  if (sign === '' && /^0+$/.test(fraction)) utimesSync(path, statSync(path).atimeMs / 1000, Number(seconds))
  else run('touch', ['--no-create', '-m', `--date=@${sign}${seconds}.${fraction}`, path])
}

/** A folder of the image's whose time changes. */
export interface TouchedFolder {
  /** The folder, in the image, with no link on its way. */
  readonly path: string
  /** Its modification time before something was made in it. */
  readonly before: string
  /** Its modification time after that; undefined while that is still to come. */
  readonly after?: string
}

/** What is made in the image and has to be undone. */
export interface Footprint {
  /** The folders that are made, in the image, parents first. */
  readonly madeFolders: readonly string[]
  /** The folders whose times that changes. */
  readonly touchedFolders: readonly TouchedFolder[]
}

/** Says what making files and folders, parents first, will change in the image. Nothing is changed yet. */
export const planChanges = (
  root: string,
  madeFolders: readonly string[],
  madeFiles: readonly string[] = [],
): Footprint => {
  const parents = new Set([...madeFolders, ...madeFiles].map((path) => dirname(path)))
  // dib makes and removes a folder in /tmp for each of its phases.
  for (const path of [...madeFolders, '/tmp']) parents.delete(path)
  return {
    madeFolders,
    touchedFolders: [...parents].map((path) => ({ path, before: modificationTime(join(root, path)) })),
  }
}

/**
 * Says what mounting will make and change in the image, from the host. Nothing is changed yet.
 *
 * @throws UserError if one of them or a folder on its way is a link.
 */
export const planFootprint = (imageRoot: string, mountPoints: readonly string[]): Footprint => {
  const onTheWay = new Set(mountPoints.flatMap(wayTo))
  return planChanges(
    imageRoot,
    [...onTheWay].filter((folder) => !lstatInRoot(imageRoot, folder)),
  )
}

/** The folders' times now, once everything is made, to tell later changes from ours. */
export const noteTimes = (root: string, touched: readonly TouchedFolder[]): readonly TouchedFolder[] =>
  touched.map((folder) => ({ ...folder, after: modificationTime(join(root, folder.path)) }))

/** Removes folders that were made in the image, but for those in which there is something by now: another hook's. */
export const removeMadeFolders = (
  root: string,
  madeFolders: readonly string[],
  attempt: (action: () => void) => void = (action) => action(),
): readonly string[] => {
  const removed: string[] = []
  for (const path of [...madeFolders].reverse()) {
    attempt(() => {
      if (!entryInRoot(root, path)?.isDirectory()) return
      ignoreErrors(['ENOTEMPTY', 'EEXIST', 'EBUSY'], () => {
        rmdirSync(join(root, path))
        removed.push(path)
      })
    })
  }
  return removed
}

/**
 * Looks at the folders' times before anything is undone, which changes them.
 *
 * @returns An action that gives each the time that it has without us: the one from before, unless another hook has changed
 *   the folder since.
 */
export const keepTimes = (
  root: string,
  touched: readonly TouchedFolder[],
  attempt: (action: () => void) => void,
): (() => void) => {
  const times = new Map<string, string>()
  for (const { path, before, after } of touched) {
    attempt(() => {
      if (!entryInRoot(root, path)?.isDirectory()) return
      const now = modificationTime(join(root, path))
      times.set(path, now === after ? before : now)
    })
  }
  return () => {
    for (const [path, time] of times) attempt(() => setModificationTime(join(root, path), time))
  }
}
