import { accessSync, chmodSync, constants, copyFileSync, mkdirSync, realpathSync, symlinkSync } from 'node:fs'
import { basename, delimiter, dirname, join } from 'node:path'
import { runAsync } from '../base/command.js'
import { UserError } from '../base/errors.js'
import { bytesAt, ifSeen, textAt } from '../base/files.js'
import type { Mount } from './mounts.js'
import { resolveLinks } from './path-in-root.js'
import { stageEntry } from './stage.js'

// glibc's ld-linux-x86-64.so.2, ld64.so.2, ld-2.31.so; musl's ld-musl-x86_64.so.1.
const isLoader = (file: string): boolean => /^ld(?:64|-[^/]+)?\.so(?:\.\d+)?$/.test(basename(file))

/** The dynamic loader of the Node.js that runs this hook: programs of this host run by it in any other root. */
export const findLoader = (maps = textAt('/proc/self/maps', 'utf8') ?? ''): string => {
  // proc_pid_maps(5): the path is the last of six fields. Node.js' own report has it as well, for five times the time.
  const mapped = maps.matchAll(/^(?:\S+ +){5}(\/.*)$/gm)
  const loader = [...mapped].map(([, path = '']) => path).find(isLoader)
  if (loader === undefined) {
    throw new UserError(
      `${process.execPath} has no dynamic loader, so that it cannot run in the image: name another Node.js in DIB_PYPI_NODE`,
    )
  }
  return loader
}

/**
 * The shared objects of a program, as its loader lists them (ld.so(8), `--list`), by the names under which programs ask for
 * them; the loader is among them. Rejected with a UserError if the loader cannot list them, or one is missing.
 */
export const sharedObjectsOf = async (loader: string, program: string): Promise<ReadonlyMap<string, string>> => {
  const files = new Map<string, string>()
  // `name => file (address)`, or `file (address)` where the program names the file itself.
  const list = await runAsync(loader, ['--list', program])
  for (const [, name = '', file = name] of list.matchAll(/^\s+(\S.*?)(?: => (.+?))?(?: \(0x[0-9a-f]+\))?$/gm)) {
    if (file === 'not found') throw new UserError(`${program} needs ${name}, which this host does not have: install it`)
    // The kernel's own linux-vdso.so.1 is not a file.
    if (file.startsWith('/')) files.set(basename(name), file)
  }
  return files
}

/** The file without which OpenSSL 1.1 aborts on a host in FIPS mode (RHEL 8): it checks itself by it. */
export const checksumBeside = (file: string): string | undefined =>
  [file, realpathSync(file)].map((path) => join(dirname(path), `.${basename(path)}.hmac`)).find(bytesAt)

// sudo's path has these, but a user's own PATH often lacks them.
const systemFolders = ['/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin']

/** The host's programs that hooks in the image use, and their packages. */
const packages = { mount: 'util-linux', umount: 'util-linux', cp: 'coreutils' } as const

/** Finds those programs: before anything is mounted, since what has no umount cannot be undone. */
export const findPrograms = (): readonly string[] =>
  Object.entries(packages).map(([name, packageName]) => {
    const folders = [...(process.env['PATH'] ?? '').split(delimiter).filter(Boolean), ...systemFolders]
    const found = folders
      .map((folder) => join(folder, name))
      .find((path) => ifSeen(() => accessSync(path, constants.X_OK) ?? true))
    if (found !== undefined) return found
    throw new UserError(`${name} is not found in ${folders.join(delimiter)}: install ${packageName}`)
  })

// glibc before 2.34 looks up hosts by these, which it loads only then: an image's own could be of another release (nss(5)).
const nameServices = ['libnss_files.so.2', 'libnss_dns.so.2', 'libresolv.so.2']

const copy = (from: string, to: string): void => {
  copyFileSync(from, to)
  chmodSync(to, 0o755)
}

/**
 * Stages what runs a hook in the image, which may look up hosts: the programs of the host, since an image need not have them,
 * and the shared objects of these and of Node.js. Node.js itself, 100 MB, is not copied, which would cost as much as two
 * starts of it, but mounted.
 */
export const stageRuntime = async (stage: string, programs: readonly string[]): Promise<void> => {
  const libraries = join(stage, stageEntry.libraries)
  mkdirSync(libraries)
  const loader = findLoader()
  const listing = Promise.all([process.execPath, ...programs].map((program) => sharedObjectsOf(loader, program)))
  // Its fault is met below, unless one of the copies has one first.
  listing.catch(() => undefined)
  copy(loader, join(libraries, 'ld.so'))
  for (const program of programs) copy(program, join(stage, basename(program)))
  symlinkSync(process.execPath, join(stage, stageEntry.hostNode))
  const files = new Map((await listing).flatMap((list) => [...list]))
  for (const [name, file] of files) {
    copy(file, join(libraries, name))
    const hmac = checksumBeside(file)
    if (hmac !== undefined) copyFileSync(hmac, join(libraries, `.${name}.hmac`))
  }
  const besideLibc = dirname(files.get('libc.so.6') ?? '')
  for (const name of nameServices) ifSeen(() => copy(join(besideLibc, name), join(libraries, name)))
}

/**
 * Stages the files in which a distribution's Node.js keeps some of its own modules. Its path to each is built in, and it does
 * not start without them. Debian's and Fedora's do so (Node.js' BUILDING.md, "Building with externalized builtins"); the
 * official ones do not.
 *
 * @returns What the image needs mounted for them while a hook runs in it: a mount over the third component of a path, such
 *   as /usr/share/nodejs, hides none of the image's other files from Node.js. Targets are paths in the image.
 */
export const stageBuiltins = (stage: string, imageRoot: string): readonly Mount[] => {
  // What was not built by Node.js' own configure has none.
  const defines: readonly unknown[] = process.config.target_defaults?.defines ?? []
  const files = defines.flatMap((define) => /^NODE_SHARED_BUILTIN_\w+_PATH=(\/.+)$/.exec(String(define))?.[1] ?? [])
  const copies = join(stage, stageEntry.builtins)
  for (const file of files) {
    mkdirSync(dirname(join(copies, file)), { recursive: true })
    copyFileSync(file, join(copies, file))
  }
  const folders = new Set(files.map((file) => file.split('/').slice(0, 4).join('/')))
  return [...folders].map((path) => ({
    source: join(copies, path),
    // Fedora's /usr/lib/node_modules is a link: it is mounted where that leads, in the image.
    target: resolveLinks(path, imageRoot),
  }))
}
