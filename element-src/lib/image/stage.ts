import { closeSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../base/command.js'
import { UserError } from '../base/errors.js'
import { textAt } from '../base/files.js'
import { parseJson } from '../base/json.js'

/** Where the local mirror is mounted in the image, and the index that is made of a flat one; their URLs there. */
export const mirrorMountPoint = '/tmp/pypi'
export const localMirrorUrl = `file://${mirrorMountPoint}`
export const flatIndexMountPoint = '/tmp/pypi-index'
export const flatIndexUrl = `file://${flatIndexMountPoint}`

/** Where the staged folder is mounted; launcher/in-image.sh has it too. The dot keeps it out of `/tmp/*`. */
export const stageMountPoint = '/tmp/.pypi'
export const inStage = (name: string): string => join(stageMountPoint, name)

/**
 * Where root's pip and uv keep what they download while the build runs, in the image. post-root.d/99-remove-pypi-caches
 * removes it. It is not a mount: if the build fails, dib removes it as root, together with the image's root.
 */
export const cacheFolder = '/tmp/.pypi-cache'

/** The files of the staged folder, besides the programs that stage-runtime.ts copies. Two phases and launcher/*.sh share these names. */
export const stageEntry = {
  /** The shared objects of the programs below, and the loader as `ld.so`. */
  libraries: 'lib',
  /** An empty file, over which the host's Node.js is mounted in the image. */
  node: 'node',
  /** An empty folder, over which the local mirror is mounted in the image before it is moved to its mount target. */
  mirror: 'mirror',
  /** A link to the host's Node.js, for cleanup.d. */
  hostNode: 'host-node',
  /** The files in which some Node.js keep modules of their own, below their own paths. */
  builtins: 'builtins',
  /** Where the index of a flat mirror is made, on a file system in memory. */
  flatIndex: 'flat-index',
  settings: 'settings.json',
  relay: 'relay.json',
  receipt: 'receipt.json',
  /** The names of variables that hold passwords: environment.d/00-hide-pypi-credentials.bash unsets them in the chroot. */
  hiddenVariables: 'hidden-variables',
  /** What every user's uv reads, if the image has no such file: environment.d/02-follow-system-uv.bash compares it. */
  systemUv: 'system-uv.toml',
  /** What that hook did. Its presence is the proof that it ran to its end. */
  state: 'state.json',
} as const

/** The staged folder on the host, below dib's $TMP_HOOKS_PATH; mode 0700: it holds credentials. */
export const stageFolder = (hooksFolder: string): string => join(hooksFolder, 'pypi')

/** A program of the staged folder, run in the image by the staged loader: what to run, before its arguments. */
export const stagedProgram = (name: string): readonly [string, ...string[]] => {
  const libraries = inStage(stageEntry.libraries)
  return [join(libraries, 'ld.so'), '--library-path', libraries, inStage(name)]
}

export const runStaged = (name: 'mount' | 'umount' | 'cp', args: readonly string[]): void => {
  const [program, ...before] = stagedProgram(name)
  run(program, [...before, ...args])
}

/** Makes a file of mode 0600 for a later hook of this build; what it returns writes a value there, once, and closes it. */
export const openJson = (path: string): ((value: unknown) => void) => {
  const file = openSync(path, 'wx', 0o600)
  return (value) => {
    writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`)
    closeSync(file)
  }
}

export const writeJson = (path: string, value: unknown): void => openJson(path)(value)

/** Reads what an earlier hook of this build wrote so, if it did. A schema would cost each hook 4 ms for zod. */
export const readJson = <Value>(path: string): Value | undefined => {
  const text = textAt(path, 'utf8')
  // Empty: the hook was ended before it wrote.
  if (!text) return undefined
  const value = parseJson<Value>(text)
  if (value === undefined) throw new UserError(`${path} is damaged, perhaps because no space was left: build again`)
  return value
}
