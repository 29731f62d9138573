import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'esbuild'

/** Something that a bundle holds code of, as its package.json tells; the licence by its name in SPDX's list. */
export type Part = Readonly<Record<'name' | 'version' | 'license', string>>

/** Reads what a package says of itself; throws if its licence is not a single name of SPDX's list, which needs a decision. */
export const readPart = (folder: string): Part => {
  const { name, version, license }: Record<string, unknown> = JSON.parse(
    readFileSync(join(folder, 'package.json'), 'utf8'),
  )
  if (typeof license !== 'string' || !/^[A-Za-z0-9.-]+$/.test(license))
    throw new Error(`${folder}: package.json names no licence of SPDX's list`)
  return { name: String(name), version: String(version), license }
}

/** The package that a file of node_modules is of; undefined for one of our files. */
const packageOf = (path: string): string | undefined => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1]

/**
 * Says in a hook where it comes from, and under which licences, in comments of sh.
 *
 * @param after How many of its lines stay before the comments.
 * @param source The file in element-src that it is made from, below that folder.
 * @param packages The packages that are in it.
 */
export const withOrigin = (
  text: string,
  after: number,
  source: string,
  project: Part,
  packages: readonly Part[],
): string => {
  const lines = text.split('\n')
  const licenses = [project, ...packages].map(({ license }) => license)
  return [
    ...lines.slice(0, after),
    `# SPDX-License-Identifier: ${[...new Set(licenses)].join(' AND ')}`,
    `# Source: element-src/${source} of the project ${project.name}, version ${project.version}.`,
    "# Made by 'make elements': change the source, not this file. The licences: pypi-licenses.txt.",
    ...lines.slice(after),
  ].join('\n')
}

/** The package that writes the few functions at the top of a bundle, by which its modules find each other. */
const bundler = 'esbuild'

/**
 * Marks in a bundle whose code each part is: a line before each group of modules that come from the same place.
 *
 * @param code What esbuild made, unminified: it names each module in a line before it.
 * @param paths The modules, as esbuild names them.
 * @param parts What the bundle holds code of, by the name of the package; the project itself by ''.
 */
const markGroups = (code: string, paths: readonly string[], parts: ReadonlyMap<string, Part>): string => {
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

/**
 * dib's phases that have hooks here (dib's documentation, Developing Elements), and the folder of the program that hooks start, by
 * the files of element-src/launcher that start them, in their order. dib copies both to $TMP_HOOKS_PATH.
 */
export const launchers: Readonly<Record<string, readonly string[]>> = {
  'extra-data.d': ['head', 'hand-over-environment', 'clear-environment', 'as-commonjs', 'on-host', 'tail'],
  'pre-install.d': ['head', 'clear-environment', 'as-commonjs', 'in-image', 'tail'],
  'cleanup.d': ['head', 'clear-environment', 'as-commonjs', 'on-host-as-root', 'tail'],
  'pypi-relay': ['head', 'as-commonjs', 'program', 'tail'],
}

/**
 * Who vendors a hook reads why. esbuild keeps only comments that look like a licence, before statements: so ours are made to
 * look like one, and back. Those of types go with the types, and orders to a linter.
 */
const keepComments: Plugin = {
  name: 'keep-comments',
  setup: ({ onLoad }) =>
    onLoad({ filter: /[\\/]element-src[\\/].*\.ts$/ }, ({ path }) => ({
      loader: 'ts',
      contents: readFileSync(path, 'utf8')
        .replace(/^[ \t]*\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n(?=(?:export )?(?:interface|type) )/gm, '')
        .replace(/^[ \t]*\/\/ biome-ignore.*\n/gm, '')
        .replace(/^([ \t]*)\/\*\*/gm, '$1/*!*')
        .replace(/^([ \t]*)\/\/(.*)$/gm, '$1/*!//$2*/'),
    })),
}

/** Back again, without those of what is not in the bundle: no statement follows them. */
const restoreComments = (code: string): string =>
  code
    .replace(/^([ \t]*)\/\*!\/\/(.*)\*\/$/gm, '$1//$2')
    .replace(/^[ \t]*\/\*!\*(?:(?!\*\/)[\s\S])*\*\/\n(?=[ \t]*(?:\/[*/]|\}|\n))/gm, '')
    .replace(/^([ \t]*)\/\*!\*/gm, '$1/**')

/** A package that has its licence at the top of each of its files has it in the bundle once. */
const withoutRepeated = (code: string): string => {
  const seen = new Set<string>()
  return code.replace(/^\/\*!(?:(?!\*\/)[\s\S])*\*\/\n/gm, (licence) => {
    const isFirst = !seen.has(licence)
    seen.add(licence)
    return isFirst ? licence : ''
  })
}

/**
 * Makes a hook: sh that starts Node.js, then the JavaScript of the hook with all that it imports, readable.
 *
 * @param source The TypeScript file, relative to element-src.
 * @returns It, and the packages that are in it.
 */
export const bundleHook = async (elementSource: string, source: string, launcher: readonly string[]) => {
  const result = await build({
    absWorkingDir: elementSource,
    // A node_modules that is a link elsewhere gives the same bytes.
    preserveSymlinks: true,
    entryPoints: [source],
    write: false,
    bundle: true,
    metafile: true,
    platform: 'node',
    format: 'cjs',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'inline',
    plugins: [keepComments],
    logLevel: 'warning',
  })
  const inputs = Object.values(result.metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const paths = inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => path)
  const names = [...new Set([bundler, ...paths.flatMap((path) => packageOf(path) ?? [])])].sort()
  const top = dirname(elementSource)
  const packages = names.map((name) => readPart(join(top, 'node_modules', name)))
  const project = readPart(top)
  const parts = new Map([['', project], ...packages.map((part) => [part.name, part] as const)])

  // The launcher's first two lines make the file sh and JavaScript at once; what follows them is a comment in both.
  const sh = launcher.map((name) => readFileSync(join(elementSource, 'launcher', `${name}.sh`), 'utf8')).join('')
  const head = withOrigin(sh, 2, source, project, packages)
  const code = markGroups(withoutRepeated(restoreComments(result.outputFiles[0]?.text ?? '')), paths, parts)
  return { text: `${head}'use strict'\n${code}`, packages }
}
