import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'
import { accessOf, modificationTime, usualAccess } from '../image/attributes.js'
import { noteTimes, planFootprint, removeMadeFolders } from '../image/footprint.js'
import { mountArguments } from '../image/mounts.js'
import { lstatAt } from '../image/path-in-root.js'
import { cacheFolder, runStaged, stageMountPoint } from '../image/stage.js'
import { type Applied, type AppliedFile, type AppliedFolder, isAlone, listEntries } from './applied.js'
import type { ConfigFile } from './config-files.js'
import { type PlannedFile, type PlannedFolder, planMountsOver } from './plan.js'

/** Makes the folder that is mounted over one of the image's: its files with their attributes. */
const prepareFolder = (folder: string, { path, isForEveryone }: PlannedFolder): void => {
  if (lstatAt(path) === undefined) mkdirSync(folder, { mode: 0o755 })
  else runStaged('cp', ['-a', path, folder])
  if (isForEveryone) chmodSync(folder, 0o755)
  // dib removes it in the end, as the user, if the build fails.
  const { uid, gid } = statSync(stageMountPoint)
  if (uid !== 0) chownSync(folder, uid, gid)
}

/** Writes one of our files, in a copy of the image's folder or by itself. */
const prepareFile = (source: string, { path, own, format, content, isForEveryone }: PlannedFile): AppliedFile => {
  const place = join(stageMountPoint, source)
  const alone = isAlone({ source })
  writeFileSync(place, content, { encoding: 'latin1', mode: 0o600 })
  const ownAccess = alone || own === undefined ? usualAccess : accessOf(path)
  // Whatever the umask is, every user can read what is for everyone.
  chmodSync(place, isForEveryone ? 0o644 : alone ? 0o600 : ownAccess.mode)
  const beside = ignoreErrors(['ENOENT'], () => readdirSync(dirname(path))) ?? []
  return { path, own, format, content, source, access: accessOf(place), beside }
}

/**
 * Mounts our files and folders over the image's, by bind mounts: the image's own are not touched. If the image has
 * none, an empty stub is made for the mount. It runs in the chroot, as root.
 *
 * @throws UserError if something else is at a mount target, or a file does not read as it was written.
 *   What was made is removed again.
 */
export const apply = (configFiles: readonly ConfigFile[]): Applied => {
  const plan = planMountsOver(configFiles)
  const sources = new Map(plan.folders.map(({ path }, i) => [path, `folder-${i}`]))
  const alone = plan.files.filter(({ path }) => !sources.has(dirname(path)))
  const stubs = alone.flatMap(({ path, own }) => (own === undefined ? [path] : []))
  const needed = [...sources.keys(), ...alone.map(({ path }) => dirname(path))]
  const { madeFolders, touchedFolders } = planFootprint('/', needed, stubs)

  const inStage = (source: string): string => join(stageMountPoint, source)
  for (const folder of plan.folders) prepareFolder(inStage(sources.get(folder.path) ?? ''), folder)
  const files = plan.files.map((file, i) => {
    const folder = sources.get(dirname(file.path))
    return prepareFile(folder === undefined ? `file-${i}` : join(folder, basename(file.path)), file)
  })
  const folders = [...sources].map(([path, source]): AppliedFolder => {
    const place = inStage(source)
    return { path, source, access: accessOf(place), time: modificationTime(place), entries: listEntries(place) }
  })
  const mounted = [...folders, ...files.filter(isAlone)]
  try {
    mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
    for (const path of madeFolders) mkdirSync(path, { mode: 0o755 })
    for (const path of stubs) writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    const noted = noteTimes('/', touchedFolders)
    const mounts = mounted.map(({ path, source }) => ({ source: inStage(source), target: path, isReadOnly: false }))
    runStaged('mount', mountArguments(stageMountPoint, mounts))
    for (const { path, content } of files) {
      if (readFileSync(path, 'latin1') === content) continue
      throw new UserError(
        `${path} in the image does not read as it was mounted: is /proc mounted in the image, as dib mounts it?`,
      )
    }
    const mountPoints = mounts.map(({ target }) => target)
    return { files, folders, others: plan.others, mountPoints, madeFolders, touchedFolders: noted }
  } catch (error) {
    // Mount targets stay: dib unmounts them, and deletes the whole root.
    for (const path of stubs) ignoreErrors(['ENOENT', 'EBUSY'], () => unlinkSync(path))
    removeMadeFolders('/', madeFolders)
    throw error
  }
}
