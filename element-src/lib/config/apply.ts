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
import { run } from '../base/command.js'
import { ignoreErrors, UserError } from '../base/errors.js'
import { modificationTime, noteTimes, planChanges, removeMadeFolders } from '../image/footprint.js'
import { mountArguments } from '../image/mounts.js'
import { cacheFolder } from '../image/stage.js'
import { type Applied, type AppliedFile, type AppliedFolder, accessOf, listEntries, usualAccess } from './applied.js'
import type { ConfigFile } from './config-files.js'
import { isLeftover } from './leftovers.js'
import { type PlannedFile, type PlannedFolder, planMountsOver } from './plan.js'

/** A program with what goes before its arguments. */
export type Command = readonly [string, ...string[]]

const check = (path: string, content: string): void => {
  if (readFileSync(path, 'latin1') === content) return
  throw new UserError(
    `${path} in the image does not read as it was mounted: is /proc mounted in the image, as dib mounts it?`,
  )
}

/** Makes the folder that is mounted over one of the image's: its files with their attributes. */
const prepareFolder = (folder: string, copy: Command, planned: PlannedFolder): void => {
  const { path, missingFolders, isForEveryone } = planned
  if (missingFolders.includes(path)) mkdirSync(folder, { mode: 0o755 })
  else run(copy[0], [...copy.slice(1), '-a', path, folder])
  if (isForEveryone) chmodSync(folder, 0o755)
  // dib removes it in the end, as the user, if the build fails.
  const { uid, gid } = statSync(dirname(folder))
  if (uid !== 0) chownSync(folder, uid, gid)
}

/** Writes one of our files, in a copy of the image's folder or by itself. */
const prepareFile = (stage: string, source: string, planned: PlannedFile): AppliedFile => {
  const { path, own, format, content, isForEveryone } = planned
  const place = join(stage, source)
  const alone = !source.includes('/')
  writeFileSync(place, content, { encoding: 'latin1', mode: 0o600 })
  const ownAccess = alone || own === undefined ? usualAccess : accessOf(path)
  // Whatever the umask is, every user can read what is for everyone.
  chmodSync(place, isForEveryone ? 0o644 : alone ? 0o600 : ownAccess.mode)
  const beside = ignoreErrors(['ENOENT'], () => readdirSync(dirname(path))) ?? []
  const leftovers = beside.filter((name) => isLeftover(name, basename(path)))
  return { path, own, format, content, source, access: accessOf(place), leftovers }
}

/**
 * Mounts our files and folders over the image's, by bind mounts: the image's own are not touched. If the image has
 * none, an empty stub is made for the mount. It runs in the chroot, as root.
 *
 * @param stage The stage folder, in the image, writable.
 * @param programs mount(8) and cp(1).
 * @throws UserError if something else is at a mount target, or a file does not read as it was written.
 *   What was made is removed again.
 */
export const apply = (
  stage: string,
  programs: { readonly mount: Command; readonly copy: Command },
  files: readonly ConfigFile[],
): Applied => {
  const plan = planMountsOver(files)
  const folderOf = (path: string): number => plan.folders.findIndex((folder) => folder.path === dirname(path))
  const alone = plan.files.filter(({ path }) => folderOf(path) < 0)
  const stubs = alone.filter(({ own }) => own === undefined).map(({ path }) => path)
  const missing = [...plan.folders, ...alone].flatMap(({ missingFolders }) => missingFolders)
  const { madeFolders, touchedFolders } = planChanges('/', [...new Set(missing)], stubs)

  for (const [i, folder] of plan.folders.entries()) prepareFolder(join(stage, `folder-${i}`), programs.copy, folder)
  const applied = plan.files.map((file, i) => {
    const folder = folderOf(file.path)
    return prepareFile(stage, folder < 0 ? `file-${i}` : `folder-${folder}/${basename(file.path)}`, file)
  })
  const folders = plan.folders.map(({ path }, i): AppliedFolder => {
    const source = `folder-${i}`
    const place = join(stage, source)
    return { path, source, access: accessOf(place), time: modificationTime(place), entries: listEntries(place) }
  })
  try {
    mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
    for (const path of madeFolders) mkdirSync(path, { mode: 0o755 })
    for (const path of stubs) writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    const noted = noteTimes('/', touchedFolders)
    const mounts = [...folders, ...applied.filter(({ source }) => !source.includes('/'))].map(({ path, source }) => ({
      source: join(stage, source),
      target: path,
      isReadOnly: false,
    }))
    const [program, ...args] = programs.mount
    run(program, [...args, ...mountArguments(stage, mounts)])
    for (const { path, content } of applied) check(path, content)
    const mountPoints = mounts.map(({ target }) => target)
    return { files: applied, folders, others: plan.others, mountPoints, madeFolders, touchedFolders: noted }
  } catch (error) {
    // Mount targets stay: dib unmounts them, and deletes the whole root.
    for (const path of stubs) ignoreErrors(['ENOENT', 'EBUSY'], () => unlinkSync(path))
    removeMadeFolders('/', madeFolders)
    throw error
  }
}
