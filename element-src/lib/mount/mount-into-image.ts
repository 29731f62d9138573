import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { run, start } from '../hook/command.js'
import { errorMessage } from '../hook/error.js'
import { HookError } from '../hook/hook-error.js'
import { planToBorrow } from './borrow.js'
import { type Mount, mountArguments } from './mount-table.js'
import { type Mounted, parseMountinfo } from './mountinfo.js'
import { lstatInRoot } from './no-links.js'

const topMount = (mounted: readonly Mounted[], target: string): Mounted | undefined =>
  mounted.findLast((mount) => mount.target === target)

/** What is wrong with a mount that was just made, or undefined where it is as it should be. */
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

/** What is done around mounting. Where it fails, the mounts are undone. */
export interface Besides {
  /** What to do while sudo and mount run, which take a while. */
  readonly meanwhile: () => void
  /** What to do with what is mounted. */
  readonly afterwards: () => void
}

/**
 * Mounts files and folders of the host in the image, from the host: all of them as asked, or none.
 *
 * @param imageRoot The image's root, on the host.
 * @param folder A folder to write a table of mounts in, on the host.
 * @param mounts The mounts; their targets are absolute paths in the image. A missing one is made, as a folder.
 * @param besides What else to do.
 * @throws HookError where /tmp is missing, or a target or a folder on its way is a link, before anything is mounted; or
 *   where one of the mounts is not as asked, or what was to be done besides fails, after all of them are undone.
 */
export const mountIntoImage = async (
  imageRoot: string,
  folder: string,
  mounts: readonly Mount[],
  { meanwhile, afterwards }: Besides,
): Promise<void> => {
  if (!lstatInRoot(imageRoot, '/tmp')?.isDirectory())
    throw new HookError('the image has no folder /tmp: make it in root.d')
  // The kernel's list has no links in its paths.
  const root = realpathSync(imageRoot)
  const made = planToBorrow(
    imageRoot,
    mounts.map(({ target }) => target),
  ).madeFolders
  const onHost = mounts.map((mount) => ({ ...mount, target: join(root, mount.target) }))
  try {
    const mounting = start('sudo', ['mount', ...mountArguments(folder, onHost)])
    try {
      meanwhile()
    } finally {
      await mounting
    }
    const mounted = parseMountinfo()
    for (const mount of onHost) {
      const fault = faultOf(mount, topMount(mounted, mount.target))
      if (fault !== undefined)
        throw new HookError(
          `${mount.source ?? 'a file system in memory'} ${fault} at ${mount.target}: see mount(8) of this host`,
        )
    }
    afterwards()
  } catch (error) {
    const left = parseMountinfo()
    const targets = onHost.map(({ target }) => target).reverse()
    const faults = targets
      .filter((target) => topMount(left, target) !== undefined)
      .flatMap((target) => attempt('sudo', ['umount', '-l', target]))
    for (const path of [...made].reverse()) attempt('sudo', ['rmdir', join(root, path)])
    throw new HookError([errorMessage(error), ...faults].join('; '))
  }
}
