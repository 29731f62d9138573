import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bundleHook } from './bundle-hook.js'
import { findSources } from './find-sources.js'
import { licenses } from './licenses.js'
import { manifest } from './manifest.js'
import { withOrigin } from './origin.js'
import { type Part, readPart } from './parts.js'
import { type OutputFile, writeTree } from './write-tree.js'

/** The most that a bundle may have, in bytes: users read and vendor them. */
export const largestBundle = { hook: 250 * 1024, program: 250 * 1024 }

/**
 * Turns element-src/ into elements/: the same bytes each time, from any folder.
 *
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
    const text = readFileSync(join(elementSource, path), 'utf8')
    const isProgram = text.startsWith('#!')
    const isHook = path.split('/')[1]?.endsWith('.d') === true
    const content = isHook ? withOrigin(text, isProgram ? 1 : 0, path, readPart(project), []) : text
    files.set(path, { content, mode: isProgram ? 0o755 : 0o644 })
  }
  for (const element of elements) {
    const packages = new Map<string, Part>()
    for (const hook of hooks.filter(({ source }) => source.startsWith(`${element}/`))) {
      const bundle = await bundleHook(elementSource, hook)
      const size = Buffer.byteLength(bundle.text)
      const most = hook.launcher === 'program' ? largestBundle.program : largestBundle.hook
      if (size > most) throw new Error(`${hook.output} has ${size} bytes, more than ${most}`)
      files.set(hook.output, { content: bundle.text, mode: 0o755 })
      for (const part of bundle.packages) packages.set(part.name, part)
    }
    const parts = [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
    // dib copies the top-level files of all elements into one folder, so these names are the element's own.
    files.set(`${element}/${element}-licenses.txt`, { content: licenses(project, parts), mode: 0o644 })
    files.set(`${element}/${element}-manifest.sha256`, { content: manifest(element, files), mode: 0o644 })
  }
  writeTree(output, files)
  return new Map([...files].map(([path, { content }]) => [path, Buffer.byteLength(content)]))
}
