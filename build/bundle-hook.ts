import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import type { HookSource } from './find-sources.js'
import { bundler, markGroups } from './mark-groups.js'
import { withOrigin } from './origin.js'
import { type Part, packageOf, readPart } from './parts.js'

/** A hook as one file. */
export interface Bundle {
  readonly text: string
  /** The packages that are in it. */
  readonly packages: readonly Part[]
}

/** The files of element-src/launcher that come before that of a launcher. */
const before: Readonly<Record<HookSource['launcher'], readonly string[]>> = {
  'on-host': ['head', 'hand-over-environment', 'clear-environment', 'as-commonjs'],
  'in-image': ['head', 'clear-environment', 'as-commonjs'],
  'on-host-as-root': ['head', 'clear-environment', 'as-commonjs'],
  program: ['head', 'as-commonjs'],
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

/**
 * Makes a hook: sh that starts Node.js, then the JavaScript of the hook with all that it imports, readable.
 */
export const bundleHook = async (elementSource: string, hook: HookSource): Promise<Bundle> => {
  const launcher = [...before[hook.launcher], hook.launcher, 'tail'].map((name) =>
    readFileSync(join(elementSource, 'launcher', `${name}.sh`), 'utf8'),
  )
  const result = await build({
    absWorkingDir: elementSource,
    // A node_modules that is a link elsewhere gives the same bytes.
    preserveSymlinks: true,
    entryPoints: [hook.source],
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
  const parts = new Map([['', project], ...names.map((name, index) => [name, packages[index] ?? project] as const)])

  // The launcher's first two lines make the file sh and JavaScript at once; what follows them is a comment in both.
  const head = withOrigin(launcher.join(''), 2, hook.source, project, packages)
  const code = markGroups(restoreComments(result.outputFiles[0]?.text ?? ''), paths, parts)
  return { text: `${head}'use strict'\n${code}`, packages }
}
