import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, unlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'
import { namesIn, textAt } from '../base/files.js'
import { type Access, accessOf, modificationTime, usualAccess } from '../image/attributes.js'
import { type Footprint, noteTimes, planFootprint, removeMadeFolders } from '../image/footprint.js'
import { mountArguments } from '../image/mounts.js'
import { lstatAt } from '../image/path-in-root.js'
import { cacheFolder, inStage, runStaged, stageMountPoint } from '../image/stage.js'
import type { PlannedFile, PlannedFolder, planMountsOver } from './plan.js'

type Plan = ReturnType<typeof planMountsOver>

/** One of our files, as it was at first. */
export interface AppliedFile extends PlannedFile {
  readonly access: Access
  /** The names in the folder of the image's own. */
  readonly beside: readonly string[]
}

/** One of our folders, as it was at first, with the image's other files in it. */
export interface AppliedFolder extends PlannedFolder {
  readonly access: Access
  readonly time: string
  readonly entries: ReturnType<typeof listEntries>
}

/** What pre-install.d mounted over the image, for cleanup.d to undo. */
export interface Applied extends Footprint {
  readonly files: readonly AppliedFile[]
  readonly folders: readonly AppliedFolder[]
  readonly others: Readonly<Plan['others']>
  readonly mountPoints: readonly string[]
}

/** The names in a folder, each with what shows any later change: the inode and its change time, as one text. */
export const listEntries = (folder: string): readonly (readonly [name: string, version: string])[] =>
  readdirSync(folder).map((name) => {
    const { ino, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
    return [name, `${ino} ${ctimeNs}`]
  })

/** Whether one of our files is mounted by itself, and not in its folder. */
export const isAlone = ({ source }: Pick<AppliedFile, 'source'>): boolean => !source.includes('/')

/** Makes the folder that is mounted over one of the image's: its files with their attributes. */
const prepareFolder = ({ path, source, isForEveryone }: PlannedFolder): void => {
  const folder = inStage(source)
  if (lstatAt(path) === undefined) mkdirSync(folder, { mode: 0o755 })
  else runStaged('cp', ['-a', path, folder])
  if (isForEveryone) chmodSync(folder, 0o755)
  // dib removes it in the end, as the user, if the build fails.
  const { uid, gid } = statSync(stageMountPoint)
  if (uid !== 0) chownSync(folder, uid, gid)
}

const prepareFile = (file: PlannedFile): AppliedFile => {
  const { path, own, content, source, isForEveryone } = file
  const place = inStage(source)
  const alone = isAlone(file)
  writeFileSync(place, content, { encoding: 'latin1', mode: 0o600 })
  const ownAccess = alone || own === undefined ? usualAccess : accessOf(path)
  // Whatever the umask is, every user can read what is for everyone.
  chmodSync(place, isForEveryone ? 0o644 : alone ? 0o600 : ownAccess.mode)
  return { ...file, access: accessOf(place), beside: namesIn(dirname(path)) }
}

/**
 * Mounts our files and folders over the image's, by bind mounts: the image's own are not touched. If the image has
 * none, an empty stub is made for the mount. It runs in the chroot, as root. If it fails, what was made is removed again.
 */
export const apply = (plan: Plan): Applied => {
  const alone = plan.files.filter(isAlone)
  const stubs = alone.flatMap(({ path, own }) => (own === undefined ? [path] : []))
  const needed = [...plan.folders.map(({ path }) => path), ...alone.map(({ path }) => dirname(path))]
  const { madeFolders, touchedFolders } = planFootprint('/', needed, stubs)

  plan.folders.forEach(prepareFolder)
  const files = plan.files.map(prepareFile)
  const folders = plan.folders.map((folder): AppliedFolder => {
    const place = inStage(folder.source)
    return { ...folder, access: accessOf(place), time: modificationTime(place), entries: listEntries(place) }
  })
  try {
    mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
    for (const path of madeFolders) mkdirSync(path, { mode: 0o755 })
    for (const path of stubs) writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    const noted = noteTimes('/', touchedFolders)
    const ours = [...folders, ...alone]
    const mounts = ours.map(({ path, source }) => ({ source: inStage(source), target: path, isWritable: true }))
    runStaged('mount', mountArguments(stageMountPoint, mounts))
    for (const { path, content } of files) {
      if (textAt(path) === content) continue
      throw new UserError(
        `${path} in the image does not read as it was mounted: is /proc mounted in the image, as dib mounts it?`,
      )
    }
    const mountPoints = ours.map(({ path }) => path)
    return { files, folders, others: plan.others, mountPoints, madeFolders, touchedFolders: noted }
  } catch (error) {
    // Mount targets stay: dib unmounts them, and deletes the whole root.
    for (const path of stubs) ignoreErrors(['ENOENT', 'EBUSY'], () => unlinkSync(path))
    removeMadeFolders('/', madeFolders)
    throw error
  }
}
