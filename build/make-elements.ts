import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { bundleHook, type HookSource, launchers, type Part, readPart, withOrigin } from './bundle-hook.js'
import { type OutputFile, writeTree } from './write-tree.js'

/** What element-src holds. */
interface Sources {
  /** The names of the elements. */
  readonly elements: readonly string[]
  readonly hooks: readonly HookSource[]
  /** The files that are copied as they are, relative to element-src and to elements. */
  readonly statics: readonly string[]
}

/** What is in element-src beside the elements. */
const shared = ['launcher', 'lib']

const filesBelow = (folder: string, prefix = ''): readonly string[] =>
  readdirSync(join(folder, prefix), { withFileTypes: true })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(prefix, entry.name)
      return entry.isDirectory() ? filesBelow(folder, path) : [path]
    })

/**
 * Finds every hook, `<element>/<phase>.d/<name>.ts`, every program that hooks start, and every static file of the elements.
 *
 * @throws Error where a hook's phase is none that a hook can be started in.
 */
export const findSources = (folder: string): Sources => {
  const elements = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !shared.includes(entry.name))
    .map(({ name }) => name)
    .sort()
  const hooks: HookSource[] = []
  const statics: string[] = []
  for (const source of elements.flatMap((element) => filesBelow(folder, element))) {
    const phase = source.split('/')[1] ?? ''
    if (!(phase.endsWith('.d') || phase in launchers) || !source.endsWith('.ts')) {
      statics.push(source)
      continue
    }
    const launcher = launchers[phase]
    if (launcher === undefined) throw new Error(`${source}: build/bundle-hook.ts has no launcher for ${phase}`)
    hooks.push({ source, output: source.replace(/\.ts$/, ''), launcher })
  }
  return { elements, hooks, statics }
}

const licenseOf = (folder: string): string => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(name))
  if (file === undefined) throw new Error(`${folder} has no licence that could go beside the hooks`)
  return readFileSync(join(folder, file), 'utf8').trim()
}

/** The licences of an element: the project's own, and those of the packages that are in its hooks. */
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
 * The checksums of an element's files, each without a first line that names an interpreter: by them build/manifest.sh
 * recognises an unedited copy.
 *
 * @param files All files of elements/, by their paths.
 */
export const manifest = (element: string, files: ReadonlyMap<string, OutputFile>): string =>
  [...files]
    .filter(([path]) => path.startsWith(`${element}/`))
    .map(([path, { content }]) => [
      path.slice(element.length + 1),
      createHash('sha256')
        .update(String(content).replace(/^#!.*\n/, ''))
        .digest('hex'),
    ])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([path, sum]) => `${sum}  ${path}\n`)
    .join('')

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
