import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { project } from '../../build/project.js'
import type * as cacheModule from '../support/setup/cache.js'
import { compile } from './compile.js'
import { layerOf } from './layers.js'

/** The module that alone knows where fixtures are: a test reaches one by importing its name. */
const cacheFile = 'test/support/setup/cache.ts'

/** Which target of the Makefile makes what each name stands for. The compiler refuses a name without one. */
export const targets: Readonly<Record<keyof typeof cacheModule, string | undefined>> = {
  cache: undefined,
  smallRootTarball: 'small-root',
  smallRoot: 'small-root',
  bareRootTarball: 'bare-root',
  oldRootTarball: 'old-root',
  oldRoot: 'old-root',
  pips: 'pips',
  arm64RootTarball: 'arm64-root',
  muslRoot: 'musl-root',
  ownHost: 'host',
  trixieHost: 'host-trixie',
  devpiPrograms: 'devpi',
  mirrorPrograms: 'mirror-tools',
  pypiMirrorPackages: 'pypi-mirror',
  proxpiPrograms: 'proxpi',
  nginxProgram: 'nginx',
  installers: 'installers',
  agentElements: 'agent-elements',
  newDibPrograms: 'new-dib',
  officialNode: 'nodes',
  benchTools: 'bench-tools',
  benchPackage: 'bench-packages',
}

/**
 * The names that a module imports of the one that knows where fixtures are.
 *
 * @param text TypeScript.
 * @throws Error where it imports them in another form than `import { a, b } from`, which hides the names.
 */
export const importedFixtures = (text: string): readonly (keyof typeof targets)[] =>
  [...text.matchAll(/^(import|export)\b([^;']*?) from '[^']*\/setup\/cache\.js'/gm)].flatMap(
    ([whole, , names = '']) => {
      const [, list] = /^ \{([^}]*)\}$/.exec(names) ?? []
      if (!whole.startsWith('import') || list === undefined) {
        if (names.startsWith(' type ')) return []
        throw new Error(
          `write import { name } from '.../setup/cache.js', so that its fixture is found, and not: ${whole}`,
        )
      }
      return list
        .split(',')
        .map((name) => name.trim())
        .filter((name): name is keyof typeof targets => name in targets)
    },
  )

/**
 * Which of the Makefile's targets make what these tests work with, found in what they import.
 *
 * @param files Test files, below the project.
 */
export const neededFixtures = async (files: readonly string[]): Promise<readonly string[]> => {
  const { sources } = await compile(files)
  const needed = files.flatMap((file) => {
    const imported = (sources.get(file) ?? []).filter((path) => path !== cacheFile && path.startsWith('test/'))
    const found = imported.flatMap((path) => importedFixtures(readFileSync(join(project, path), 'utf8')))
    // Every test but a unit test runs dib's programs, or others of the machine.
    return [...(layerOf(file) === 'unit' ? [] : ['host-packages']), ...found.flatMap((name) => targets[name] ?? [])]
  })
  return [...new Set(needed)].sort()
}
