import { readFileSync, unlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { UserError } from '../base/errors.js'
import { modificationTime, setModificationTime } from '../image/modification-time.js'
import { entryInRoot } from '../image/path-in-root.js'
import type { OvermountedFile } from '../image/state.js'
import { isLeftBehind, mergeText } from './our-text.js'
import { accessOf } from './prepare-folder.js'
import { replaceFile } from './replace-file.js'

/**
 * The error for an image that contains our configuration.
 *
 * @param path The file, in the image.
 */
export const leftBehind = (path: string): UserError =>
  new UserError(
    `${path} in the image holds this build's configuration: dib copied it before it was unmounted; build again`,
  )

/** What became of a file. */
export type Outcome = 'removed' | 'kept' | 'left'

/**
 * Takes a file of ours, unmounted by now, out of the finished image: its stub goes, and what another hook changed in it goes
 * into the image's own file.
 *
 * @param root The image's root, on the host.
 * @param stage The stage folder, on the host.
 * @param file What was done.
 * @param credentials The credentials, which must not get into the image.
 * @returns 'kept' where another hook's changes went into the image.
 * @throws UserError where the image's own file holds our configuration, or the changes cannot go there.
 */
export const takeOffFile = (
  root: string,
  stage: string,
  file: OvermountedFile,
  credentials: readonly string[],
): Outcome => {
  // Another hook removed or replaced it, perhaps by a link, so nothing of ours is in it.
  if (!entryInRoot(root, file.path)?.isFile()) return 'left'
  const target = join(root, file.path)
  const now = readFileSync(target, 'latin1')
  const ours = join(stage, file.source)
  const edited = readFileSync(ours, 'latin1')
  if (isLeftBehind(file, now, edited, credentials)) throw leftBehind(file.path)
  const isStub = file.own === undefined
  const merged = mergeText(file, now, edited, credentials)
  if (merged === undefined) {
    if (!isStub || now !== '') return 'left'
    unlinkSync(target)
    return 'removed'
  }
  const folderTime = modificationTime(dirname(target))
  const { mode, uid, gid } = accessOf(ours)
  try {
    replaceFile(target, {
      text: merged,
      attributesOf: target,
      // Without us the hook would have made the file itself, as most programs do.
      access: isStub ? { mode: mode === 0o600 ? 0o644 : mode, uid, gid } : undefined,
      time: modificationTime(ours),
    })
  } catch (error) {
    // There may be no space left: no file is better than an empty one.
    if (isStub && now === '') unlinkSync(target)
    throw error
  } finally {
    setModificationTime(dirname(target), folderTime)
  }
  return 'kept'
}
