import { createHash } from 'node:crypto'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, posix, relative } from 'node:path'
import { bundleHook, launchers, type Part, readPart, withOrigin } from './bundle-hook.js'

/** The element, in element-src and in elements. */
const element = 'pypi'

/** A file of elements/, with its permissions. */
interface OutputFile {
  readonly content: string
  readonly mode: number
}

const filesBelow = (folder: string, prefix: string): readonly string[] =>
  readdirSync(join(folder, prefix), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(prefix, entry.name)
      return entry.isDirectory() ? filesBelow(folder, path) : [path]
    })

/**
 * Finds what is bundled, hooks (`pypi/<phase>.d/<name>.ts`) and the program that they start, and what is copied as it is; paths
 * are relative to the folder, which is element-src.
 *
 * @throws Error if there is no way to start the hooks of a phase.
 */
export const findSources = (folder: string) => {
  const sources = filesBelow(folder, element)
  const isBundled = (path: string): boolean => path.endsWith('.ts')
  const hooks = sources.filter(isBundled).map((source) => {
    const phase = basename(dirname(source))
    const launcher = launchers[phase]
    if (launcher === undefined) throw new Error(`${source}: build/bundle-hook.ts has no launcher for ${phase}`)
    return { source, output: source.replace(/\.ts$/, ''), launcher }
  })
  return { hooks, statics: sources.filter((path) => !isBundled(path)) }
}

const licenseOf = (folder: string): string => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(name))
  if (file === undefined) throw new Error(`${folder} has no licence that could go beside the hooks`)
  return readFileSync(join(folder, file), 'utf8').trim()
}

/** The project's own licence, and those of the packages that are in its hooks. */
const licenses = (project: string, packages: readonly Part[]): string =>
  [
    // dib-lint reads every file of an element as a script, in which it wants no call of which(1).
    '# dib-lint: disable=which',
    ...packages.map(
      ({ name, version }) =>
        `The hooks contain parts of the npm package ${name} ${version}, under this licence:\n\n${licenseOf(join(project, 'node_modules', name))}`,
    ),
    `All else is under this licence:\n\n${licenseOf(project)}`,
  ]
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n')

/**
 * The checksums of the element's files, by their paths in elements/, each without a first line that names an interpreter: by them
 * build/manifest.sh recognises an unedited copy.
 */
export const manifest = (files: ReadonlyMap<string, { readonly content: string | Buffer }>): string =>
  [...files]
    .map(([path, { content }]) => {
      const text = String(content).replace(/^#!.*\n/, '')
      return { path: path.slice(element.length + 1), sum: createHash('sha256').update(text).digest('hex') }
    })
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, sum }) => `${sum}  ${path}\n`)
    .join('')

const writeFile = (path: string, { content, mode }: OutputFile): void => {
  mkdirSync(dirname(path), { recursive: true })
  if (existsSync(path) && readFileSync(path, 'utf8') === content && (statSync(path).mode & 0o777) === mode) return
  const temporary = `${path}.new`
  writeFileSync(temporary, content)
  // In a step of its own, since the mode of a written file is subject to the umask.
  chmodSync(temporary, mode)
  renameSync(temporary, path)
}

const removeOthers = (top: string, folder: string, wanted: ReadonlyMap<string, OutputFile>): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      removeOthers(top, path, wanted)
      if (readdirSync(path).length === 0) rmdirSync(path)
    } else if (!wanted.has(relative(top, path))) unlinkSync(path)
  }
}

/** The most that a bundle may have, in bytes: users read and vendor them. */
export const largestBundle = 250 * 1024

/**
 * Turns element-src/ into elements/: the same bytes each time, from any folder.
 *
 * @param output Where to write the elements: what is right there stays untouched, and what has no source is removed.
 * @returns The names of the files that elements/ holds, with their sizes in bytes.
 * @throws Error if a bundle is too large, or a licence is missing.
 */
export const makeElements = async (
  project: string,
  output = join(project, 'elements'),
): Promise<ReadonlyMap<string, number>> => {
  const elementSource = join(project, 'element-src')
  const { hooks, statics } = findSources(elementSource)
  const files = new Map<string, OutputFile>()
  for (const path of statics) {
    const text = readFileSync(join(elementSource, path), 'utf8')
    const isProgram = text.startsWith('#!')
    const isHook = dirname(path).endsWith('.d')
    const content = isHook ? withOrigin(text, isProgram ? 1 : 0, path, readPart(project), []) : text
    files.set(path, { content, mode: isProgram ? 0o755 : 0o644 })
  }
  const packages = new Map<string, Part>()
  for (const { source, output, launcher } of hooks) {
    const bundle = await bundleHook(elementSource, source, launcher)
    const size = Buffer.byteLength(bundle.text)
    if (size > largestBundle) throw new Error(`${output} has ${size} bytes, more than ${largestBundle}`)
    files.set(output, { content: bundle.text, mode: 0o755 })
    for (const part of bundle.packages) packages.set(part.name, part)
  }
  const parts = [...packages.values()].sort((a, b) => (a.name < b.name ? -1 : 1))
  // dib copies the top-level files of all elements into one folder, so these names are the element's own.
  files.set(`${element}/${element}-licenses.txt`, { content: licenses(project, parts), mode: 0o644 })
  files.set(`${element}/${element}-manifest.sha256`, { content: manifest(files), mode: 0o644 })
  for (const [path, file] of files) writeFile(join(output, path), file)
  removeOthers(output, output, files)
  return new Map([...files].map(([path, { content }]) => [path, Buffer.byteLength(content)]))
}
