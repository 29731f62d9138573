import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleHook } from './bundle-hook.js'
import { findSources } from './find-sources.js'
import { licenses } from './licenses.js'
import { type OutputFile, writeTree } from './write-tree.js'

/** The most that a bundle may take, in bytes: people read and vendor them. */
const largestBundle = 120 * 1024

/**
 * Turns element-src/ into elements/: the same bytes each time, from any folder.
 *
 * @param project The project's top folder.
 * @param output Where to write the elements; what is there and has no source is removed.
 * @returns The names of the files that elements/ holds, with their sizes in bytes.
 * @throws Error where a bundle is too large, or a licence is missing.
 */
export const makeElements = async (
  project: string,
  output = join(project, 'elements'),
): Promise<ReadonlyMap<string, number>> => {
  const elementSource = join(project, 'element-src')
  const { elements, hooks, statics } = findSources(elementSource)
  const files = new Map<string, OutputFile>()
  for (const path of statics) {
    const content = readFileSync(join(elementSource, path))
    files.set(path, { content, mode: content.toString('latin1', 0, 2) === '#!' ? 0o755 : 0o644 })
  }
  for (const element of elements) {
    const packages = new Set<string>()
    for (const hook of hooks.filter(({ source }) => source.startsWith(`${element}/`))) {
      const bundle = await bundleHook(elementSource, hook)
      const size = Buffer.byteLength(bundle.text)
      if (size > largestBundle) throw new Error(`${hook.output} has ${size} bytes, more than ${largestBundle}`)
      files.set(hook.output, { content: bundle.text, mode: 0o755 })
      for (const name of bundle.packages) packages.add(name)
    }
    // dib copies an element's top-level files into one folder, so the name is the element's own.
    files.set(`${element}/${element}-licenses.txt`, { content: licenses(project, [...packages].sort()), mode: 0o644 })
  }
  writeTree(output, files)
  return new Map([...files].map(([path, { content }]) => [path, Buffer.byteLength(content)]))
}
