import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { build } from 'esbuild'
import type { HookSource } from './find-sources.js'
import { bundler, markGroups } from './mark-groups.js'
import { withOrigin } from './origin.js'
import { type Part, packageOf, readPart } from './parts.js'

/** The oldest Node.js that hooks run on: Debian 12's and Ubuntu 24.04's. */
export const oldestNode = 18

/** A hook as one file. */
export interface Bundle {
  readonly text: string
  /** The packages that are in it. */
  readonly packages: readonly Part[]
}

/** The files of element-src/launcher that come before that of a launcher. */
const before: Readonly<Record<HookSource['launcher'], readonly string[]>> = {
  'on-host': ['head', 'hand-over-environment', 'clear-environment'],
  'in-image': ['head', 'clear-environment'],
  'on-host-as-root': ['head', 'clear-environment'],
  program: [],
}

/**
 * Makes a hook: sh that starts Node.js, then the JavaScript of the hook with all that it imports, readable.
 *
 * @param elementSource The folder element-src.
 * @param hook The hook.
 */
export const bundleHook = async (elementSource: string, hook: HookSource): Promise<Bundle> => {
  const launcher = [...before[hook.launcher], hook.launcher, 'tail'].map((name) =>
    readFileSync(join(elementSource, 'launcher', `${name}.sh`), 'utf8'),
  )
  // An old Node.js can read these lines, and the rest, whose syntax is kept as old for their sake.
  const guard = [
    "'use strict'",
    `if (parseInt(process.versions.node, 10) < ${oldestNode}) {`,
    `  console.error('pypi: error: ' + process.execPath + ' is Node.js ' + process.versions.node + ': install ${oldestNode} or later, or name one in DIB_PYPI_NODE')`,
    '  process.exit(1)',
    '}',
  ]
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
    target: 'es2019',
    charset: 'utf8',
    legalComments: 'none',
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
  const code = markGroups(result.outputFiles[0]?.text ?? '', paths, parts)
  return { text: `${head}${guard.join('\n')}\n${code}`, packages }
}
