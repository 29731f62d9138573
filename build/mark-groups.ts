import { type Part, packageOf } from './parts.js'

/** The package that writes the few functions at the top of a bundle, by which its modules find each other. */
export const bundler = 'esbuild'

/**
 * Marks in a bundle whose code each part is: a line before each group of modules that come from the same place.
 *
 * @param code What esbuild made, unminified: it names each module in a line before it.
 * @param paths The modules, as esbuild names them.
 * @param parts What the bundle holds code of, by the name of the package; the project itself by ''.
 */
export const markGroups = (code: string, paths: readonly string[], parts: ReadonlyMap<string, Part>): string => {
  const owners = new Map(paths.map((path) => [`// ${path}`, packageOf(path) ?? '']))
  let last: string | undefined
  const mark = (owner: string): readonly string[] => {
    if (owner === last) return []
    last = owner
    const part = parts.get(owner)
    if (part === undefined) throw new Error(`there is code of the package ${owner} in the bundle, and no licence of it`)
    const what = owner === '' ? `the project ${part.name}` : `the npm package ${part.name}`
    return [`// ---- From ${what} ${part.version}, ${part.license} ----`]
  }
  // What comes before the first module is the bundler's own.
  const marked = [...mark(bundler)]
  for (const line of code.split('\n')) {
    const owner = owners.get(line)
    marked.push(...(owner === undefined ? [] : mark(owner)), line)
  }
  return marked.join('\n')
}
