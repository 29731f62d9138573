import {
  chmodSync,
  chownSync,
  lstatSync,
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
import { fileText, lstatAt, resolveLinks, wayTo } from '../image/path-in-root.js'
import { cacheFolder, runStaged, stageMountPoint } from '../image/stage.js'
import { type Applied, type AppliedFile, type AppliedFolder, isAlone, listEntries } from './applied.js'
import type { ConfigFile } from './config-files.js'

/** A folder to be mounted over one of the image's. */
interface PlannedFolder {
  /** Its path without links, as pip would follow them, dangling ones too. */
  readonly path: string
  /** Whether every user has to read what is there, not root alone. */
  readonly isForEveryone: boolean
}

/** A file to be mounted over one of the image's, by itself or in its folder. */
type PlannedFile = PlannedFolder & Pick<AppliedFile, 'path' | 'format' | 'content' | 'own'>

/**
 * Finds where one of our folders goes, by the path by which it is known.
 *
 * @throws UserError if something else is there or on the way, or a link leads to itself.
 */
export const findFolder = (path: string): string => {
  const real = resolveLinks(path)
  for (const folder of wayTo(real)) {
    if (lstatAt(folder)?.isDirectory() === false)
      throw new UserError(`${folder} in the image is not a folder: remove it, or make it one`)
  }
  return real
}

/**
 * Finds where one of our files goes, by the path by which pip knows it.
 *
 * @throws UserError if it is something that pip cannot read, or a link leads to itself.
 */
export const findMountTarget = (path: string): string => {
  // The folders on the way are checked first: their fault is the one to fix.
  const real = resolveLinks(join(findFolder(dirname(path)), basename(path)))
  findFolder(dirname(real))
  if (lstatAt(real)?.isFile() === false)
    throw new UserError(`${path} in the image is not a file, which pip could read: remove it`)
  return real
}

/** The size, in bytes, up to which a folder is one of configuration: its files are copied. */
const mostBytes = 1 << 20

/** Whether a folder of the image's holds nothing but files and links, few enough to be an installer's alone. */
const isOfFilesAlone = (folder: string): boolean => {
  let bytes = 0
  for (const name of readdirSync(folder)) {
    const found = lstatSync(join(folder, name))
    bytes += found.isFile() ? found.size : found.isSymbolicLink() ? 0 : mostBytes + 1
    if (bytes > mostBytes) return false
  }
  return true
}

/**
 * Decides what is mounted over the image: the whole folder if it belongs to one installer, so that other hooks can
 * replace the file in it; otherwise the file alone. Nothing is changed yet.
 *
 * @param configFiles The files. Of two that are one file in the image, the first counts.
 * @returns The files and the folders, and files where the image's own stays. A file in one of the folders is not mounted by itself.
 * @throws UserError if something else is at a mount target.
 */
const planMountsOver = (configFiles: readonly ConfigFile[]) => {
  const others: Applied['others'][number][] = []
  const files = new Map<string, PlannedFile>()
  /** Each file by the path by which it is known, and by that without links. */
  const named: PlannedFolder[] = []
  const ownFolders = new Set<string>()
  for (const { path: known, format, isForEveryone, ownsFolder, render } of configFiles) {
    const path = findMountTarget(known)
    const own = fileText(path)
    const content = render(own)
    if (content === undefined) {
      others.push({ path, format, own })
      continue
    }
    const file = files.get(path) ?? { path, format, own, content, isForEveryone }
    files.set(path, file)
    const folder = findFolder(dirname(known))
    named.push({ ...file, path: join(folder, basename(known)) }, file)
    if (ownsFolder) ownFolders.add(folder)
  }
  const folders = [...ownFolders].flatMap((path): readonly PlannedFolder[] => {
    const holdsAnother = named.some((file) => file.path.startsWith(`${path}/`) && dirname(file.path) !== path)
    if (holdsAnother || (lstatAt(path) !== undefined && !isOfFilesAlone(path))) return []
    return [{ path, isForEveryone: named.some((file) => dirname(file.path) === path && file.isForEveryone) }]
  })
  return { files: [...files.values()], folders, others }
}

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
