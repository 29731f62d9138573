import {
  chmodSync,
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { run } from '../hook/command.js'
import { errorMessage, HookError, tolerate } from '../hook/error.js'
import { modificationTime, setModificationTime } from '../image/modification-time.js'
import { entryInRoot } from '../image/path-in-root.js'
import { mergeConfigFile } from '../installers/config-files.js'
import { credentialsIn } from '../installers/pip/merge-edits.js'
import type { OvermountedFile, State } from '../stage/state.js'

/** What became of our files. */
export interface TakenOff {
  /** The stubs and folders that were removed, in the image. */
  readonly removed: readonly string[]
  /** The files into which another hook's changes went, in the image. */
  readonly carriedOver: readonly string[]
  /** What could not be undone, a line each. */
  readonly faults: readonly string[]
}

/**
 * Writes a file whole or not at all, with the attributes of the one that it replaces, as if it had been edited in its place.
 *
 * @param path The file.
 * @param text What it is to say, a character a byte.
 * @param time Its modification time, in nanoseconds since 1970.
 * @param mode Its permissions, where they are not to stay.
 */
const replaceFile = (path: string, text: string, time: string, mode: number | undefined): void => {
  const temporary = `${path}.pypi-new`
  const folderTime = modificationTime(dirname(path))
  const descriptor = openSync(temporary, 'wx', 0o600)
  try {
    writeFileSync(descriptor, text, 'latin1')
    fsyncSync(descriptor)
    run('cp', ['--attributes-only', '--preserve=all', path, temporary])
    if (mode !== undefined) chmodSync(temporary, mode)
    setModificationTime(temporary, time)
    renameSync(temporary, path)
  } catch (error) {
    unlinkSync(temporary)
    throw error
  } finally {
    closeSync(descriptor)
    setModificationTime(dirname(path), folderTime)
  }
}

type Outcome = 'removed' | 'carried over' | 'left'

const takeOffFile = (root: string, folder: string, file: OvermountedFile, credentials: readonly string[]): Outcome => {
  const { path, source, content, isStub, isEmpty } = file
  // Gone, or something else by now, behind a link perhaps: another hook's doing, and none of ours is in it.
  if (!entryInRoot(root, path)?.isFile()) return 'left'
  const place = join(root, path)
  // A character a byte: whatever the encoding, what is not changed stays as it is. Ours is ASCII.
  const own = readFileSync(place, 'latin1')
  const laid = join(folder, source)
  const edited = readFileSync(laid, 'latin1')
  if (own === edited && !(own === '' && isEmpty)) {
    throw new HookError(
      `${path} in the image holds this build's configuration: dib copied it before it was unmounted; build again`,
    )
  }
  const merged = mergeConfigFile(file.format, { own, laid: content, edited, credentials })
  if (merged !== undefined) {
    // Without us the hook would have made the file itself, as most programs do.
    const mode = statSync(laid).mode & 0o7777
    try {
      replaceFile(place, merged, modificationTime(laid), isStub ? (mode === 0o600 ? 0o644 : mode) : undefined)
    } catch (error) {
      // No space, as may be: rather no file than an empty one.
      if (isStub && own === '') unlinkSync(place)
      throw error
    }
    return 'carried over'
  }
  if (!isStub || own !== '') return 'left'
  unlinkSync(place)
  return 'removed'
}

/**
 * Takes our files out of the finished image: the stubs and the folders that were made for them go, and the folders around
 * them get their times back. dib has unmounted the files themselves by now. What another hook wrote into them is the
 * image's, and goes there. Every step is tried, whatever becomes of the others. It runs on the host, as root.
 *
 * @param root The image's root, on the host.
 * @param folder The staged folder, on the host.
 * @param done What pre-install.d did.
 */
export const takeOffFiles = (root: string, folder: string, done: State): TakenOff => {
  const removed: string[] = []
  const carriedOver: string[] = []
  const faults: string[] = []
  const attempt = (action: () => void): void => {
    try {
      action()
    } catch (error) {
      faults.push(errorMessage(error))
    }
  }
  // As it is without us: the time from before, unless another hook has changed the folder since.
  const times = new Map<string, string>()
  for (const { path, before, after } of done.touchedFolders) {
    attempt(() => {
      if (!entryInRoot(root, path)?.isDirectory()) return
      const now = modificationTime(join(root, path))
      times.set(path, now === after ? before : now)
    })
  }
  const credentials = credentialsIn(done.laid.map(({ content }) => content))
  for (const file of done.laid) {
    attempt(() => {
      const outcome = takeOffFile(root, folder, file, credentials)
      if (outcome === 'removed') removed.push(file.path)
      if (outcome === 'carried over') carriedOver.push(file.path)
    })
  }
  for (const path of [...done.madeFolders].reverse()) {
    attempt(() => {
      if (!entryInRoot(root, path)?.isDirectory()) return
      // Not empty: another hook's files are in it.
      tolerate(['ENOTEMPTY', 'EEXIST'], () => {
        rmdirSync(join(root, path))
        removed.push(path)
      })
    })
  }
  for (const [path, time] of times) attempt(() => setModificationTime(join(root, path), time))
  return { removed, carriedOver, faults }
}
