import { copyFileSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'

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
