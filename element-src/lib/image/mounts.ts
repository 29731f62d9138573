import { closeSync, fstatSync, openSync, readFileSync, realpathSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { run, runAsync } from '../base/command.js'
import { errorMessage, faultsOf, UserError } from '../base/errors.js'
import { ifSeen } from '../base/files.js'
import { planFootprint } from './footprint.js'
import { lstatInRoot, refuseFileAt } from './path-in-root.js'

export interface Mount {
  /** The file or folder that is bind-mounted; undefined for an empty file system in memory, of the user who runs the hook. */
  readonly source: string | undefined
  /** It exists, or is a folder that is made. */
  readonly target: string
  readonly isWritable?: boolean
  /**
   * Another place in the image, below one of the private mounts, where it is mounted first. What is mounted below a shared
   * mount is writable in other mount namespaces for an instant, or for good: making it read-only does not propagate. Read-only
   * in a place that does not propagate, and bound from there, it is so everywhere from its first instant.
   */
  readonly through?: string
}

// fstab(5): a blank in a field is written as \040, and any other byte may be written the same way.
const field = (path: string): string =>
  Buffer.from(path)
    .toString('latin1')
    .replace(/[^A-Za-z0-9/._-]/g, (byte) => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`)

/**
 * Writes mounts into a folder as fstab(5) has them, and says how mount(8) makes all in one process: sudo's own start costs a
 * third of that of Node.js. Each is made private right after the bind, since a mount below a shared `/` would share dib's
 * unmounting of it with the host; and read-only after that.
 */
export const mountArguments = (folder: string, mounts: readonly Mount[]): readonly string[] => {
  const lines = mounts.map(({ source, target, isWritable }) => {
    const shared = `private,${isWritable ? 'rw' : 'ro'},X-mount.mkdir`
    return source === undefined
      ? `tmpfs ${field(target)} tmpfs ${shared},mode=0755,uid=${process.getuid?.()} 0 0\n`
      : `${field(source)} ${field(target)} none bind,${shared} 0 0\n`
  })
  const table = join(folder, 'fstab')
  writeFileSync(table, lines.join(''))
  // --no-mtab: mount keeps no record of its own in /run/mount, which would be in the image.
  return ['--no-mtab', '--all', '--fstab', table]
}

const unescapeOctal = (text: string): string =>
  Buffer.from(
    text.replace(/\\([0-7]{3})/g, (_match, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    'latin1',
  ).toString('utf8')

/** The kernel's list of mounts in its order (proc_pid_mountinfo(5)): of two at one path, the later is on top. */
export const parseMountinfo = (text = readFileSync('/proc/self/mountinfo', 'latin1')) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [, , , , target = '', options = '', ...rest] = line.split(' ')
      const tags = rest.slice(0, rest.indexOf('-'))
      return {
        target: unescapeOctal(target),
        isReadOnly: options.split(',').includes('ro'),
        // It is in no peer group and follows none.
        isPrivate: !tags.some((tag) => /^(?:shared|master):/.test(tag)),
      }
    })

export const topMount = (path: string) =>
  parseMountinfo()
    .filter(({ target }) => target === path)
    .at(-1)

/**
 * Refuses a mount that dib would leave where it is, and then copy into the image and delete: it unmounts nothing whose path
 * ends in that of a partition of the image (unmount_dir in dib's common-functions).
 */
export const refusePartitions = (target: string, partitions: readonly string[]): void => {
  const partition = partitions.find((path) => path !== '/' && target.endsWith(path))
  if (partition === undefined) return
  throw new UserError(
    `a partition of the image is mounted at ${partition} (DIB_BLOCK_DEVICE_CONFIG), so dib would not unmount ${target} but copy the mirror into the image. Mount the partition elsewhere, or name a DIB_IMAGE_CACHE without pypi/mirror`,
  )
}

/** As a user, a terminal or a CI system sends them. */
const ending = ['SIGHUP', 'SIGINT', 'SIGTERM'] as const

/** Watches the image's root: dib that is told to end takes it down while a hook goes on, for which it does not wait. */
const watchRoot = (path: string) => {
  // An open descriptor keeps its file system from being unmounted.
  const descriptor = openSync(path, 'r')
  const { dev, ino } = fstatSync(descriptor)
  const isThere = (): boolean => {
    const now = ifSeen(() => statSync(path))
    return now?.dev === dev && now.ino === ino
  }
  // What dib has mounted is the first that goes.
  const dibsOwn = parseMountinfo().filter(({ target }) => target.startsWith(`${path}/`))
  const isTakenDown = (): boolean => !isThere() || dibsOwn.some(({ target }) => topMount(target) === undefined)
  return { isThere, isTakenDown, close: () => closeSync(descriptor) }
}

/** What is wrong with a mount that was just made. */
const faultOf = ({ isWritable }: Mount, found: ReturnType<typeof topMount>): string | undefined => {
  if (found === undefined) return 'is not mounted'
  if (!isWritable && !found.isReadOnly) return 'is mounted, but not read-only'
  return found.isPrivate ? undefined : 'is mounted, but shared with the host'
}

/**
 * Mounts files and folders of the host in the image, from the host: all of them as asked, or none.
 *
 * @param folder A folder of the host to write a table of mounts in.
 * @param mounts Their targets are paths in the image.
 * @param besides What to do while mount(8) runs as root, which takes a while, and what to do with what is mounted.
 * @throws UserError if /tmp is missing, a file is at a target, or a target or a folder on its way is a link, before
 *   anything is mounted; or if one of the mounts is not as asked, what was to be done besides fails, or the build is ended
 *   meanwhile, after all of them are undone.
 */
export const mountIntoImage = async (
  imageRoot: string,
  folder: string,
  mounts: readonly Mount[],
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
  const onHost = mounts.flatMap(({ through, ...mount }): readonly Mount[] => {
    const target = join(root, mount.target)
    if (through === undefined) return [{ ...mount, target }]
    const first = { ...mount, target: join(root, through) }
    return [first, { ...mount, source: first.target, target }]
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
