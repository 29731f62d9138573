import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../base/command.js'
import { ignoreErrors, UserError } from '../base/errors.js'
import { noteTimes, planChanges, removeMadeFolders } from '../image/footprint.js'
import { mountArguments } from '../image/fstab.js'
import { cacheFolder } from '../image/paths.js'
import type { State } from '../image/state.js'
import type { ConfigFile } from './config-files.js'
import { planOvermount } from './plan.js'
import { prepareFolder } from './prepare-folder.js'

/** A program with what goes before its arguments. */
export type Command = readonly [string, ...string[]]

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)]

const check = (path: string, content: string): void => {
  if (readFileSync(path, 'latin1') === content) return
  throw new UserError(
    `${path} in the image does not read as it was mounted: is /proc mounted in the image, as dib mounts it?`,
  )
}

/**
 * Mounts files and folders of ours over the image's, by bind mounts: the image's own are not touched. Where the image has
 * none, an empty stub is made for the mount. It runs in the chroot, as root.
 *
 * @param stage The stage folder, in the image, writable.
 * @param programs mount(8) and cp(1).
 * @param files The files.
 * @returns What was done, for cleanup.d to undo.
 * @throws UserError where something else is at a mount target, or a file does not read as it was written.
 *   What was made is removed again.
 */
export const apply = (
  stage: string,
  programs: { readonly mount: Command; readonly copy: Command },
  files: readonly ConfigFile[],
): Omit<State, 'verbose'> => {
  const plan = planOvermount(files)
  const planned = [...plan.folders, ...plan.files]
  const stubs = plan.files.filter(({ own }) => own === undefined).map(({ path }) => path)
  const { madeFolders, touchedFolders } = planChanges('/', unique(planned.flatMap((one) => one.missingFolders)), stubs)

  const folders = plan.folders.map((folder, i) => prepareFolder(stage, `folder-${i}`, programs.copy, folder))
  const overmounted = plan.files.map(({ path, own, format, content, isForEveryone }, i) => {
    const source = `file-${i}`
    writeFileSync(join(stage, source), content, { encoding: 'latin1', mode: isForEveryone ? 0o644 : 0o600 })
    return { path, source, own, format, content }
  })
  try {
    mkdirSync(cacheFolder, { recursive: true, mode: 0o700 })
    for (const path of madeFolders) mkdirSync(path, { mode: 0o755 })
    for (const path of stubs) writeFileSync(path, '', { mode: 0o600, flag: 'wx' })
    const noted = noteTimes('/', touchedFolders)
    const mounts = [...folders, ...overmounted].map(({ path, source }) => ({
      source: join(stage, source),
      target: path,
      isReadOnly: false,
    }))
    const [program, ...args] = programs.mount
    run(program, [...args, ...mountArguments(stage, mounts)])
    for (const { path, content } of overmounted) check(path, content)
    for (const folder of folders) for (const { name, content } of folder.files) check(join(folder.path, name), content)
    const mountPoints = mounts.map(({ target }) => target)
    return { files: overmounted, folders, mountPoints, madeFolders, touchedFolders: noted }
  } catch (error) {
    // Mount targets stay: dib unmounts them, and deletes the whole root.
    for (const path of stubs) ignoreErrors(['ENOENT', 'EBUSY'], () => unlinkSync(path))
    removeMadeFolders('/', madeFolders)
    throw error
  }
}
