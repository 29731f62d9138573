import { existsSync, readdirSync } from 'node:fs'
import { cpus } from 'node:os'
import { join } from 'node:path'
import { project } from '../../build/project.js'

/** The folders of tests, in the order in which they run, with how many files of each may run at a time. */
export const layers: ReadonlyMap<string, number> = new Map([
  // One more than there are processors: some wait.
  ['unit', cpus().length + 1],
  ['hook', 2],
  ['image', 2],
])

/** The layer that a test file is in: the folder below test/. */
export const layerOf = (file: string): string => file.split('/')[1] ?? ''

const testsBelow = (folder: string): readonly string[] =>
  existsSync(join(project, folder))
    ? readdirSync(join(project, folder), { withFileTypes: true })
        .flatMap((entry) => {
          const path = `${folder}/${entry.name}`
          if (entry.isDirectory()) return testsBelow(path)
          return entry.name.endsWith('.ts') ? [path] : []
        })
        .sort()
    : []

/**
 * Finds test files.
 *
 * @param wanted Files, folders below test/, or layers by their names; none means all.
 * @throws Error where one is none of these.
 */
export const findTests = (wanted: readonly string[]): readonly string[] =>
  (wanted.length > 0 ? wanted : [...layers.keys()]).flatMap((name) => {
    const path = layers.has(name) ? `test/${name}` : name.replace(/^\.\//, '').replace(/\/+$/, '')
    const found = !layers.has(layerOf(path)) ? [] : path.endsWith('.ts') ? [path] : testsBelow(path)
    if (found.length === 0 || !found.every((file) => existsSync(join(project, file))))
      throw new Error(`${name} is no test: name files or folders below test/, or of ${[...layers.keys()].join(', ')}`)
    return found
  })
