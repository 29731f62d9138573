import { closeSync, fstatSync, openSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run, runAsync } from '../base/command.js'
import { errorMessage, faultsOf, ignoreErrors, UserError } from '../base/errors.js'
import { planFootprint } from './footprint.js'
import { type Mount, mountArguments, parseMountinfo, topMount } from './mounts.js'
import { lstatInRoot, refuseFileAt } from './path-in-root.js'

/** Signals that end a program, as a user, a terminal or a CI system sends them. */
const ending = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Watches the image's root: dib that is told to end takes it down while a hook goes on, for which it does not wait. */
const watchRoot = (path: string) => {
  // An open descriptor keeps its file system from being unmounted.
  const descriptor = openSync(path, 'r')
  const { dev, ino } = fstatSync(descriptor)
  const isThere = (): boolean => {
    const now = ignoreErrors(['ENOENT', 'ENOTDIR'], () => statSync(path))
    return now?.dev === dev && now.ino === ino
  }
  // What dib has mounted is the first that goes.
  const dibsOwn = parseMountinfo().filter(({ target }) => target.startsWith(`${path}/`))
  const isTakenDown = (): boolean => !isThere() || dibsOwn.some(({ target }) => topMount(target) === undefined)
  return { isThere, isTakenDown, close: () => closeSync(descriptor) }
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

/** What is wrong with a mount that was just made, or undefined if it is as it should be. */
const faultOf = ({ isReadOnly }: Mount, found: ReturnType<typeof topMount>): string | undefined => {
  if (found === undefined) return 'is not mounted'
  if (isReadOnly && !found.isReadOnly) return 'is mounted, but not read-only'
  return found.isPrivate ? undefined : 'is mounted, but shared with the host'
}

/**
 * Mounts files and folders of the host in the image, from the host: all of them as asked, or none.
 *
 * @param folder A folder to write a table of mounts in, on the host.
 * @param mounts Their targets are absolute paths in the image. A missing one is made, as a folder.
 * @param besides What to do while mount(8) runs as root, which takes a while, and what to do with what is mounted. If it fails,
 *   the mounts are undone.
 * @throws UserError if /tmp is missing, a file is at a target, or a target or a folder on its way is a link, before
 *   anything is mounted; or if one of the mounts is not as asked, what was to be done besides fails, or the build is ended
 *   meanwhile, after all of them are undone.
 */
export const mountIntoImage = async (
  imageRoot: string,
  folder: string,
  mounts: readonly ImageMount[],
  { meanwhile, afterwards }: { readonly meanwhile: () => Promise<void>; readonly afterwards: () => void },
): Promise<void> => {
  if (!lstatInRoot(imageRoot, '/tmp')?.isDirectory())
    throw new UserError('the image has no folder /tmp: make it in root.d')
  for (const { target } of mounts) refuseFileAt(imageRoot, target)
  const { madeFolders } = planFootprint(
    imageRoot,
    mounts.flatMap(({ target, through = target }) => [through, target]),
  )
  // Without links, as the kernel's list of mounts has it.
  const root = realpathSync(imageRoot)
  const onHost = mounts.flatMap(({ source, target, isReadOnly, through }): readonly Mount[] => {
    const first = join(root, through ?? target)
    const moved = { source: first, target: join(root, target), isReadOnly }
    return [{ source, target: first, isReadOnly }, ...(through === undefined ? [] : [moved])]
  })
  const image = watchRoot(root)
  // They are held back: what is half mounted has to be undone.
  const received: string[] = []
  const note = (signal: string): void => void received.push(signal)
  for (const signal of ending) process.on(signal, note)
  try {
    const mounting = runAsync('sudo', ['mount', ...mountArguments(folder, onHost)])
    // Wait for both, since only then can they be undone; a fault of mount is reported first.
    const ended = await Promise.allSettled([mounting, Promise.resolve().then(meanwhile)])
    for (const one of ended) if (one.status === 'rejected') throw one.reason
    for (const mount of onHost) {
      const fault = faultOf(mount, topMount(mount.target))
      if (fault !== undefined)
        throw new UserError(
          `${mount.source ?? 'a file system in memory'} ${fault} at ${mount.target}: see mount(8) of this host`,
        )
    }
    afterwards()
    if (received[0] !== undefined) throw new UserError(`ended by ${received[0]}`)
    if (image.isTakenDown()) throw new UserError('the image is gone')
  } catch (error) {
    const reason = image.isTakenDown()
      ? `${root} was removed while this hook ran: disk-image-create was ended`
      : errorMessage(error)
    const targets = onHost.map(({ target }) => target).filter((target) => topMount(target) !== undefined)
    const faults = targets.reverse().flatMap((target) => faultsOf(() => run('sudo', ['umount', '-l', target])))
    // If the image is gone, mount(8) has made the folders above its mount targets again.
    const ways = image.isThere() ? [] : [join(root, 'tmp'), root, dirname(root)]
    const made = [...madeFolders].reverse().map((path) => join(root, path))
    faultsOf(() => run('sudo', ['rmdir', ...made, ...ways]))
    throw new UserError([reason, ...faults].join('; '))
  } finally {
    for (const signal of ending) process.off(signal, note)
    image.close()
  }
}
