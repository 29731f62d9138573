import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { runAsync } from '../base/command.js'
import { UserError } from '../base/errors.js'

// glibc's ld-linux-x86-64.so.2, ld64.so.2, ld-2.31.so; musl's ld-musl-x86_64.so.1.
const isLoader = (file: string): boolean => /^ld(?:64|-[^/]+)?\.so(?:\.\d+)?$/.test(basename(file))

/**
 * The dynamic loader of the Node.js that runs this hook: programs of this host run by it in any other root.
 *
 * @param maps What the kernel says is mapped into this process.
 * @returns Its path, on the host.
 * @throws UserError if Node.js has none, so that it cannot be started in the image.
 */
export const findLoader = (maps = readFileSync('/proc/self/maps', 'utf8')): string => {
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
 * The shared objects of a program, as its loader lists them (ld.so(8), `--list`).
 *
 * @param loader The dynamic loader, on the host.
 * @param program The program, on the host.
 * @returns The files, on the host, by the names under which programs ask for them; the loader among them.
 *   Rejected with a UserError if the loader cannot list them, or one is missing.
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

/** The file by which OpenSSL 1.1 checks itself on a host in FIPS mode (RHEL 8), and without which it aborts; undefined elsewhere. */
export const checksumBeside = (file: string): string | undefined =>
  [file, realpathSync(file)]
    .map((path) => join(dirname(path), `.${basename(path)}.hmac`))
    .find((path) => existsSync(path))
