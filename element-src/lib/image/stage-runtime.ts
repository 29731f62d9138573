import { accessSync, chmodSync, constants, copyFileSync, existsSync, mkdirSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { ignoreErrors, UserError } from '../base/errors.js'
import { stageEntry } from './paths.js'
import { checksumBeside, findLoader, sharedObjectsOf } from './shared-objects.js'

// sudo's path has these, but a user's own PATH often lacks them.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']

// glibc before 2.34 looks up hosts by these, which it loads only then: an image's own could be of another release (nss(5)).
const nameServices = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

const findProgram = (name: string, packageName = 'util-linux'): string => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...systemFolders]
  const found = folders
    .map((folder) => join(folder, name))
    .find((path) => ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES'], () => accessSync(path, constants.X_OK) ?? true))
  if (found === undefined)
    throw new UserError(`${name} is not found in ${folders.join(delimiter)}: install ${packageName}`)
  return found
}

/** The host's programs that hooks in the image use. */
export interface Programs {
  readonly mount: string
  readonly umount: string
  readonly cp: string
}

/**
 * Finds them: before anything is mounted, since what has no umount cannot be undone.
 *
 * @throws UserError if one is missing.
 */
export const findPrograms = (): Programs => ({
  mount: findProgram('mount'),
  umount: findProgram('umount'),
  cp: findProgram('cp', 'coreutils'),
})

const copy = (from: string, to: string): void => {
  copyFileSync(from, to)
  chmodSync(to, 0o755)
}

/**
 * Stages what runs a hook in the image: the host's mount, umount and cp, since an image need not have them, and the shared
 * objects of these and of Node.js. Node.js itself, 100 MB, is not copied, which would cost as much as two starts of it,
 * but mounted.
 *
 * @param folder The stage folder, on the host.
 * @param asksServers Whether the hook in the image looks up hosts.
 * @throws UserError if a part of it is not there, or cannot be read.
 */
export const stageRuntime = async (
  folder: string,
  { mount, umount, cp }: Programs,
  asksServers: boolean,
): Promise<void> => {
  const libraries = join(folder, stageEntry.libraries)
  mkdirSync(libraries)
  const loader = findLoader()
  const listing = Promise.all([process.execPath, mount, cp].map((program) => sharedObjectsOf(loader, program)))
  // Its fault is met below, unless one of the copies has one first.
  listing.catch(() => undefined)
  copy(loader, join(libraries, 'ld.so'))
  copy(mount, join(folder, stageEntry.mount))
  copy(umount, join(folder, stageEntry.unmount))
  copy(cp, join(folder, stageEntry.copy))
  symlinkSync(process.execPath, join(folder, stageEntry.hostNode))
  const files = new Map((await listing).flatMap((list) => [...list]))
  for (const [name, file] of files) {
    copy(file, join(libraries, name))
    const hmac = checksumBeside(file)
    if (hmac !== undefined) copyFileSync(hmac, join(libraries, `.${name}.hmac`))
  }
  const besideLibc = dirname(files.get('libc.so.6') ?? '')
  for (const name of asksServers ? nameServices : []) {
    if (existsSync(join(besideLibc, name))) copy(join(besideLibc, name), join(libraries, name))
  }
}

/**
 * The files in which a distribution's Node.js keeps some of its own modules. Its path to each is built in, and it does not
 * start without them. Debian's and Fedora's do so (Node.js' BUILDING.md, "Building with externalized builtins"); the
 * official ones do not.
 *
 * @returns Absolute paths, on the host.
 */
export const externalBuiltins = (): readonly string[] => {
  const config: unknown = process.config.target_defaults
  const defines = typeof config === 'object' && config !== null && 'defines' in config ? config.defines : []
  return (Array.isArray(defines) ? defines : []).flatMap(
    (define: unknown) => /^NODE_SHARED_BUILTIN_\w+_PATH=(\/.+)$/.exec(String(define))?.[1] ?? [],
  )
}

/**
 * The folders that the image needs for them while a hook runs in it: a mount over the third component of a path, such as
 * /usr/share/nodejs, hides none of the image's other files from Node.js.
 *
 * @param files Absolute paths.
 */
export const builtinFolders = (files: readonly string[]): readonly string[] => [
  ...new Set(files.map((file) => file.split('/').slice(0, 4).join('/'))),
]

/**
 * Copies such files.
 *
 * @param files Absolute paths, on the host.
 * @param folder Where to, below their own paths.
 */
export const copyBuiltins = (files: readonly string[], folder: string): void => {
  for (const file of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true })
    copyFileSync(file, join(folder, file))
  }
}
