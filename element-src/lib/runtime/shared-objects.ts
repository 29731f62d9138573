import { basename } from 'node:path'
import { run } from '../hook/command.js'
import { HookError } from '../hook/hook-error.js'

/** What a program needs to run through its own loader in another root. */
export interface SharedObjects {
  /** The dynamic loader, on the host. */
  readonly loader: string
  /** The libraries, the loader among them, on the host. */
  readonly files: readonly string[]
}

// glibc's ld-linux-x86-64.so.2, ld64.so.2, ld.so.1; musl's ld-musl-x86_64.so.1.
const isLoader = (file: string): boolean => /^ld(?:64|-linux[^/]*|-musl[^/]*)?\.so(?:\.|$)/.test(basename(file))

/**
 * The shared objects of the Node.js that runs this hook, from its diagnostic report (Node.js' documentation,
 * `process.report.getReport()`, `sharedObjects`).
 *
 * @throws HookError where it has no loader of its own, so that it cannot be started in the image.
 */
export const sharedObjectsOfNode = (): SharedObjects => {
  // Without this the report looks up the names of open connections' hosts.
  if (process.report) Object.assign(process.report, { excludeNetwork: true })
  const report: unknown = process.report?.getReport()
  const listed =
    typeof report === 'object' && report !== null && 'sharedObjects' in report && Array.isArray(report.sharedObjects)
      ? report.sharedObjects
      : []
  const files = listed.filter((file): file is string => typeof file === 'string' && file.startsWith('/'))
  const loader = files.find(isLoader)
  if (loader === undefined) {
    throw new HookError(
      `${process.execPath}: its shared objects cannot be read, so that it cannot run in the image: name another Node.js in DIB_PYPI_NODE`,
    )
  }
  return { loader, files }
}

/**
 * The shared objects of a program, as its loader lists them (ld.so(8), `--list`).
 *
 * @param loader The dynamic loader, on the host.
 * @param program The program, on the host.
 * @returns The libraries, the loader among them, on the host.
 * @throws HookError where the loader cannot list them.
 */
export const sharedObjectsOf = (loader: string, program: string): readonly string[] =>
  run(loader, ['--list', program])
    .split('\n')
    .flatMap((line) => /(?:=>|^)\s+(\/.*?)(?: \(0x[0-9a-f]+\))?$/.exec(line)?.[1] ?? [])
