import { chmodSync, chownSync, lstatSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'
import { modificationTime } from '../image/modification-time.js'
import type { Access, FolderEntry, OvermountedEntry, OvermountedFolder } from '../image/state.js'
import type { PlannedFolder } from './plan.js'

/**
 * A file's or folder's permissions and owner.
 *
 * @param path Where.
 */
export const accessOf = (path: string): Access => {
  const { mode, uid, gid } = statSync(path)
  return { mode: mode & 0o7777, uid, gid }
}

/** What a hook that makes a file by itself gives it, root's umask being 022. */
export const usualAccess: Access = { mode: 0o644, uid: 0, gid: 0 }

/**
 * The entries of a folder, with what shows any later change to one: the inode and its change time.
 *
 * @param folder Where.
 */
export const listEntries = (folder: string): readonly FolderEntry[] =>
  readdirSync(folder).map((name) => {
    const { ino, ctimeNs } = lstatSync(join(folder, name), { bigint: true })
    return { name, version: `${ino} ${ctimeNs}` }
  })

/**
 * Makes the folder that is mounted over one of the image's: its files with their attributes, and ours. It runs in the chroot,
 * as root.
 *
 * @param stage The stage folder, in the image.
 * @param source The name that the folder gets in there.
 * @param copyCommand cp(1), with what goes before it.
 * @param planned What to make.
 */
export const prepareFolder = (
  stage: string,
  source: string,
  copyCommand: readonly [string, ...string[]],
  planned: PlannedFolder,
): OvermountedFolder => {
  const { path, missingFolders, isForEveryone } = planned
  const folder = join(stage, source)
  if (missingFolders.includes(path)) mkdirSync(folder, { mode: 0o755 })
  else {
    const [program, ...args] = copyCommand
    run(program, [...args, '-a', path, folder])
  }
  if (isForEveryone) chmodSync(folder, 0o755)
  // dib removes it in the end, as the user, where the build fails.
  const { uid, gid } = statSync(stage)
  if (uid !== 0) chownSync(folder, uid, gid)

  const files = [...planned.files].map(([name, file]): OvermountedEntry => {
    const target = join(folder, name)
    const { own, format, content } = file
    const ownAccess = ignoreErrors(['ENOENT'], () => accessOf(file.path)) ?? usualAccess
    const access = file.isForEveryone ? { ...ownAccess, mode: 0o644 } : ownAccess
    if (file.path === join(path, name)) {
      writeFileSync(target, content, 'latin1')
      // Whatever the umask is, every user can read it.
      chmodSync(target, access.mode)
    }
    return { name, ownPath: file.path, own, format, content, access }
  })
  return { path, source, access: accessOf(folder), time: modificationTime(folder), entries: listEntries(folder), files }
}
