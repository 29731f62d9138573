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
import { accessOf, modificationTime, usualAccess } from '../image/attributes.js'
import { noteTimes, planChanges, removeMadeFolders } from '../image/footprint.js'
import { mountArguments } from '../image/mounts.js'
import { type Command, cacheFolder } from '../image/stage.js'
import { type Applied, type AppliedFile, type AppliedFolder, isAlone, listEntries } from './applied.js'
import type { ConfigFile } from './config-files.js'
import { type PlannedFile, type PlannedFolder, planMountsOver } from './plan.js'

/** Makes the folder that is mounted over one of the image's: its files with their attributes. */
const prepareFolder = (stage: string, source: string, [program, ...args]: Command, planned: PlannedFolder) => {
  const { path, missingFolders, isForEveryone } = planned
  const folder = join(stage, source)
  if (missingFolders.includes(path)) mkdirSync(folder, { mode: 0o755 })
  else run(program, [...args, '-a', path, folder])
  if (isForEveryone) chmodSync(folder, 0o755)
  // dib removes it in the end, as the user, if the build fails.
  const { uid, gid } = statSync(stage)
  if (uid !== 0) chownSync(folder, uid, gid)
}

/** Writes one of our files, in a copy of the image's folder or by itself. */
const prepareFile = (stage: string, source: string, planned: PlannedFile): AppliedFile => {
  const { path, own, format, content, isForEveryone } = planned
  const place = join(stage, source)
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
 * @param stage The stage folder, in the image, writable.
 * @param programs mount(8) and cp(1).
 * @throws UserError if something else is at a mount target, or a file does not read as it was written.
 *   What was made is removed again.
 */
export const apply = (
  stage: string,
  programs: { readonly mount: Command; readonly copy: Command },
  configFiles: readonly ConfigFile[],
): Applied => {
  const plan = planMountsOver(configFiles)
  const sources = new Map(plan.folders.map(({ path }, i) => [path, `folder-${i}`]))
  const alone = plan.files.filter(({ path }) => !sources.has(dirname(path)))
  const stubs = alone.flatMap(({ path, own }) => (own === undefined ? [path] : []))
  const missing = [...plan.folders, ...alone].flatMap(({ missingFolders }) => missingFolders)
  const { madeFolders, touchedFolders } = planChanges('/', [...new Set(missing)], stubs)

  for (const folder of plan.folders) prepareFolder(stage, sources.get(folder.path) ?? '', programs.copy, folder)
  const files = plan.files.map((file, i) => {
    const folder = sources.get(dirname(file.path))
    return prepareFile(stage, folder === undefined ? `file-${i}` : join(folder, basename(file.path)), file)
  })
  const folders = [...sources].map(([path, source]): AppliedFolder => {
    const place = join(stage, source)
    return { path, source, access: accessOf(place), time: modificationTime(place), entries: listEntries(place) }
  })
  try {
    mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
    for (const path of madeFolders) mkdirSync(path, { mode: 0o755 })
    for (const path of stubs) writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    const noted = noteTimes('/', touchedFolders)
    const mounts = [...folders, ...files.filter(isAlone)].map(({ path, source }) => ({
      source: join(stage, source),
      target: path,
      isReadOnly: false,
    }))
    const [program, ...args] = programs.mount
    run(program, [...args, ...mountArguments(stage, mounts)])
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
