import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import type { HookSource } from './find-sources.js'

/** The oldest Node.js that hooks run on: Debian 12's and Ubuntu 24.04's. */
export const oldestNode = 18

/** A hook as one file. */
export interface Bundle {
  readonly text: string
  /** The names of the packages that are in it. */
  readonly packages: readonly string[]
}

/**
 * Makes a hook: sh that starts Node.js, then the JavaScript of the hook with all that it imports, readable.
 *
 * @param elementSource The folder element-src.
 * @param hook The hook.
 */
export const bundleHook = async (elementSource: string, hook: HookSource): Promise<Bundle> => {
  const onHost = hook.launcher === 'on-host' ? ['hand-over-environment'] : []
  const launcher = ['head', ...onHost, 'clear-environment', hook.launcher, 'tail'].map((name) =>
    readFileSync(join(elementSource, 'launcher', `${name}.sh`), 'utf8'),
  )
  // An old Node.js can read these lines, and the rest, whose syntax is kept as old for their sake.
  const guard = [
    "'use strict'",
    `// Made by 'make elements' from element-src/${hook.source}: change that, not this.`,
    `if (parseInt(process.versions.node, 10) < ${oldestNode}) {`,
    `  console.error('pypi: error: ' + process.execPath + ' is Node.js ' + process.versions.node + ': install ${oldestNode} or later, or name one in DIB_PYPI_NODE')`,
    '  process.exit(1)',
    '}',
  ]
  const result = await build({
    absWorkingDir: elementSource,
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
    banner: { js: `${launcher.join('')}${guard.join('\n')}` },
  })
  const inputs = Object.values(result.metafile.outputs).flatMap((output) => Object.entries(output.inputs))
  const packages = inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .flatMap(([path]) => /.*node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? [])
  return { text: result.outputFiles[0]?.text ?? '', packages: [...new Set(packages)].sort() }
}
