import { closeSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run, runAsync } from '../base/command.js'
import { errorMessage, ignoreErrors, UserError } from '../base/errors.js'
import { planFootprint } from './footprint.js'
import { type Mount, mountArguments } from './fstab.js'
import { type Mounted, parseMountinfo } from './mountinfo.js'
import { lstatInRoot, refuseFileAt } from './path-in-root.js'

/** Signals that end a program, as a user, a terminal or a CI system sends them. */
const ending = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Signals that are watched for instead of ending this process at once. */
interface WatchedSignals {
  /** The first that came, or undefined if none has. */
  readonly received: () => string | undefined
  /** Lets them end the process again. */
  readonly ignore: () => void
}

/** Holds back the signals that would end this process in the midst of something that has to be undone then. */
const watchForSignals = (): WatchedSignals => {
  let first: string | undefined
  const note = (signal: string): void => {
    first ??= signal
  }
  for (const signal of ending) process.on(signal, note)
  return {
    received: () => first,
    ignore: () => {
      for (const signal of ending) process.off(signal, note)
    },
  }
}

/** A mount in the image. */
export interface ImageMount extends Mount {
  /**
   * Another place in the image, below one of the private mounts, where it is mounted first. What is mounted below a shared
   * mount is writable in other mount namespaces for an instant, or for good: making it read-only does not propagate. Read-only
   * in a place that does not propagate, and bound from there, it is so everywhere from its first instant.
   */
  readonly through?: string
}

const topMount = (mounted: readonly Mounted[], target: string): Mounted | undefined =>
  mounted.filter((mount) => mount.target === target).at(-1)

/** What is wrong with a mount that was just made, or undefined if it is as it should be. */
const faultOf = ({ isReadOnly }: Mount, found: Mounted | undefined): string | undefined => {
  if (found === undefined) return 'is not mounted'
  if (isReadOnly && !found.isReadOnly) return 'is mounted, but not read-only'
  return found.isPrivate ? undefined : 'is mounted, but shared with the host'
}

/** Runs an undoing command; what goes wrong is for the report, after everything has been tried. */
const attempt = (program: string, args: readonly string[]): readonly string[] => {
  try {
    run(program, args)
    return []
  } catch (error) {
    return [errorMessage(error)]
  }
}

/** What is done around mounting. If it fails, the mounts are undone. */
export interface Besides {
  /** What to do while sudo and mount run, which take a while. */
  readonly meanwhile: () => Promise<void>
  /** What to do with what is mounted. */
  readonly afterwards: () => void
}

/** The image's root, kept in sight: dib that is told to end removes its folders while a hook goes on. */
interface Root {
  /** Its path without links, as the kernel's list of mounts has it. */
  readonly path: string
  /** Whether that path is still the folder that it was. */
  readonly isSame: () => boolean
  readonly close: () => void
}

const openRoot = (imageRoot: string): Root => {
  const path = realpathSync(imageRoot)
  // An open descriptor keeps its file system from being unmounted.
  const descriptor = openSync(path, 'r')
  const { dev, ino } = fstatSync(descriptor)
  return {
    path,
    isSame: () => {
      const now = ignoreErrors(['ENOENT', 'ENOTDIR'], () => statSync(path))
      return now?.dev === dev && now.ino === ino
    },
    close: () => closeSync(descriptor),
  }
}

const mountAll = async (
  root: Root,
  folder: string,
  mounts: readonly Mount[],
  made: readonly string[],
  { meanwhile, afterwards }: Besides,
): Promise<void> => {
  const below = (mounted: readonly Mounted[]): readonly string[] =>
    mounted.map(({ target }) => target).filter((target) => target.startsWith(`${root.path}/`))
  // What dib has mounted is the first that goes when it is told to end: its EXIT trap does not wait for hooks.
  const dibsOwn = below(parseMountinfo())
  const isTakenDown = (): boolean => {
    const now = below(parseMountinfo())
    return !root.isSame() || dibsOwn.some((target) => !now.includes(target))
  }
  let signals: WatchedSignals | undefined
  try {
    const mounting = runAsync('sudo', ['mount', ...mountArguments(folder, mounts)])
    // A millisecond, too short for sudo's start.
    signals = watchForSignals()
    // Wait for both, since only then can they be undone; a fault of mount is reported first.
    const ended = await Promise.allSettled([mounting, Promise.resolve().then(meanwhile)])
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    const mounted = parseMountinfo()
    for (const mount of mounts) {
      const fault = faultOf(mount, topMount(mounted, mount.target))
      if (fault !== undefined)
        throw new UserError(
          `${mount.source ?? 'a file system in memory'} ${fault} at ${mount.target}: see mount(8) of this host`,
        )
    }
    afterwards()
    const signal = signals.received()
    if (signal !== undefined) throw new UserError(`ended by ${signal}`)
    if (isTakenDown()) throw new UserError('the image is gone')
  } catch (error) {
    const reason = isTakenDown()
      ? `${root.path} was removed while this hook ran: disk-image-create was ended`
      : errorMessage(error)
    const left = parseMountinfo()
    const targets = mounts.map(({ target }) => target).reverse()
    const faults = targets
      .filter((target) => topMount(left, target) !== undefined)
      .flatMap((target) => attempt('sudo', ['umount', '-l', target]))
    // If the image is gone, mount(8) has made the folders above its mount targets again.
    const ways = root.isSame() ? [] : [join(root.path, 'tmp'), root.path, dirname(root.path)]
    attempt('sudo', ['rmdir', ...[...made].reverse().map((path) => join(root.path, path)), ...ways])
    throw new UserError([reason, ...faults].join('; '))
  } finally {
    signals?.ignore()
  }
}

/**
 * Mounts files and folders of the host in the image, from the host: all of them as asked, or none.
 *
 * @param imageRoot The image's root, on the host.
 * @param folder A folder to write a table of mounts in, on the host.
 * @param mounts The mounts; their targets are absolute paths in the image. A missing one is made, as a folder.
 * @throws UserError if /tmp is missing, a file is at a target, or a target or a folder on its way is a link, before
 *   anything is mounted; or
 *   if one of the mounts is not as asked, what was to be done besides fails, or the build is ended meanwhile, after
 *   all of them are undone.
 */
export const mountIntoImage = async (
  imageRoot: string,
  folder: string,
  mounts: readonly ImageMount[],
  besides: Besides,
): Promise<void> => {
  if (!lstatInRoot(imageRoot, '/tmp')?.isDirectory())
    throw new UserError('the image has no folder /tmp: make it in root.d')
  for (const { target } of mounts) refuseFileAt(imageRoot, target)
  const root = openRoot(imageRoot)
  try {
    const onHost = mounts.flatMap(({ source, target, isReadOnly, through }): readonly Mount[] => {
      const last = { source, target: join(root.path, target), isReadOnly }
      if (through === undefined) return [last]
      const place = join(root.path, through)
      return [
        { ...last, target: place },
        { ...last, source: place },
      ]
    })
    const made = planFootprint(
      imageRoot,
      mounts.flatMap(({ target, through = target }) => [through, target]),
    ).madeFolders
    await mountAll(root, folder, onHost, made, besides)
  } finally {
    root.close()
  }
}
