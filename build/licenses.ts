import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Part } from './parts.js'

const licenseOf = (folder: string): string => {
  const file = readdirSync(folder).find((name) => /^licen[cs]e(?:\.(?:md|txt))?$/i.test(name))
  if (file === undefined) throw new Error(`${folder} has no licence that could go beside the hooks`)
  return readFileSync(join(folder, file), 'utf8').trim()
}

/** The licences of an element: the project's own, and those of the packages that are in its hooks. */
export const licenses = (project: string, packages: readonly Part[]): string =>
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
