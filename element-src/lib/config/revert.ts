import { unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { faultsOf, UserError } from '../base/errors.js'
import { accessOf, modificationTime, setAccess, setModificationTime } from '../image/attributes.js'
import { type Attempt, keepTimes, removeMadeFolders } from '../image/footprint.js'
import { entryInRoot, textInRoot } from '../image/path-in-root.js'
import { type Applied, type AppliedFolder, isAlone, listEntries } from './applied.js'
import { keepFile, keepOther, type Sides, type Unmounted, warnOfLeftovers } from './keep-changes.js'
import { isMadeOfOurs } from './merge.js'

/** Applies what other hooks changed in one of our folders to the image's: changes, new files and deletions. */
const revertFolder = (sides: Sides, folder: AppliedFolder, isMade: boolean, attempt: Attempt): readonly string[] => {
  const { root, stage, files } = sides
  // Another hook removed it or put a link in its place, so nothing of ours is in it.
  if (!entryInRoot(root, folder.path)?.isDirectory()) return []
  const [ours, target] = [join(stage, folder.source), join(root, folder.path)]
  const time = modificationTime(target)
  const [first, last] = [new Map(folder.entries), new Map(listEntries(ours))]
  const changed = [...new Set([...first.keys(), ...last.keys()])].filter((name) => first.get(name) !== last.get(name))
  const inodeIn = (entries: ReadonlyMap<string, string>, name: string) => entries.get(name)?.split(' ')[0]
  const ourFile = (name: string) => files.find(({ source }) => source === join(folder.source, name))
  const kept: string[] = []
  // Ours first: what a package manager left beside one may take its place.
  for (const name of [...changed.filter(ourFile), ...changed.filter((name) => !ourFile(name))]) {
    attempt(() => {
      const file = ourFile(name)
      const isKept =
        file === undefined
          ? keepOther(sides, folder.path, folder.source, name)
          : keepFile(sides, file, inodeIn(first, name) === inodeIn(last, name))
      if (isKept) kept.push(join(folder.path, name))
    })
  }
  attempt(() => {
    const access = accessOf(ours)
    if (!isDeepStrictEqual(access, folder.access)) setAccess(target, access)
    if (kept.length === 0 && modificationTime(target) === time) return
    const newTime = modificationTime(ours)
    setModificationTime(target, isMade || newTime !== folder.time ? newTime : time)
  })
  return kept
}

/**
 * Takes out of the image what was mounted over it: the stubs and the folders. The folders around them get their times back.
 * dib has unmounted everything by now. What another hook changed there is kept in the image. Every step is tried, even if
 * others fail. It runs on the host, as root.
 *
 * @param secrets What must not get into the image.
 * @returns The stubs and folders that were removed, what another hook changed, and what could not be undone, a line each.
 */
export const revert = (root: string, stage: string, applied: Applied, secrets: readonly string[]) => {
  const removed: string[] = []
  const kept: string[] = []
  const faults: string[] = []
  const attempt: Attempt = (step) => void faults.push(...faultsOf(step))
  const restoreTimes = keepTimes(root, applied.touchedFolders, attempt)
  const files: Unmounted[] = []
  for (const file of applied.files) {
    attempt(() => {
      const text = textInRoot(root, file.path)
      const now = text === '' && file.own === undefined ? undefined : text
      if (now !== undefined && now !== file.own && isMadeOfOurs(file, now))
        throw new UserError(
          `${file.path} in the image holds this build's configuration: dib copied it before it was unmounted; build again`,
        )
      files.push({ ...file, now })
    })
  }
  const sides: Sides = { root, stage, files, secrets }
  for (const folder of applied.folders) {
    const isMade = applied.madeFolders.includes(folder.path)
    attempt(() => {
      kept.push(...revertFolder(sides, folder, isMade, attempt))
    })
  }
  // Those that were mounted by themselves: their stubs go, other hooks' changes stay.
  for (const file of files.filter(isAlone)) {
    attempt(() => {
      const target = join(root, file.path)
      // Another hook removed or replaced it, perhaps by a link, so nothing of ours is in it.
      if (entryInRoot(root, file.path)?.isFile()) {
        const isStub = file.now === undefined
        // There may be no space left for a change: no file is better than an empty one.
        if (isStub) unlinkSync(target)
        const folderTime = modificationTime(dirname(target))
        try {
          if (keepFile(sides, file, true)) kept.push(file.path)
          else if (isStub) removed.push(file.path)
        } finally {
          setModificationTime(dirname(target), folderTime)
        }
      }
      warnOfLeftovers(root, file)
    })
  }
  removed.push(...removeMadeFolders(root, applied.madeFolders, attempt))
  restoreTimes()
  return { removed, kept, faults }
}
