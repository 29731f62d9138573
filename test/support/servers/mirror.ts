import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { project } from '../../../build/project.js'

/** A package to make. */
export interface SamplePackage {
  readonly name: string
  readonly version: string
  /** The module's text; its name is the package's. */
  readonly text: string
  readonly requirements?: readonly string[]
}

/** A name as PEP 503 normalises it. Not the element's own way, which tests of it are held to. */
export const normaliseName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')

/** The name of the project that a file is of: a wheel (PEP 427) or an sdist (PEP 625). */
const projectOf = (file: string): string =>
  normaliseName(file.endsWith('.whl') ? (file.split('-')[0] ?? '') : file.replace(/-[^-]*$/, ''))

const writeIndex = (folder: string): void => {
  const links = readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => name !== 'index.html')
    .map((entry) => `<a href="${entry.name}${entry.isDirectory() ? '/' : ''}">${entry.name}</a><br>\n`)
  writeFileSync(join(folder, 'index.html'), `<!DOCTYPE html>\n${links.join('')}`)
}

/**
 * Turns a folder of wheels and sdists into a mirror: a folder a project, with an index, and one of the projects (PEP 503).
 *
 * @param folder The folder, as `pip download -d` fills it.
 */
export const sortIntoMirror = (folder: string): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'index.html') continue
    const target = join(folder, projectOf(entry.name))
    mkdirSync(target, { recursive: true })
    renameSync(join(folder, entry.name), join(target, entry.name))
  }
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) writeIndex(join(folder, entry.name))
  }
  writeIndex(folder)
}

const makeFiles = (program: string, folder: string, packages: readonly SamplePackage[]): void => {
  mkdirSync(folder, { recursive: true })
  const made = packages.map(({ name, version, text, requirements = [] }) => [
    name,
    version,
    normaliseName(name).replaceAll('-', '_'),
    text,
    requirements,
  ])
  execFileSync('python3', [join(project, 'test', 'support', 'servers', program), folder], {
    input: JSON.stringify(made),
  })
}

/**
 * Makes wheels of sample packages.
 *
 * @param folder Where they go, side by side, as `pip download -d` leaves them.
 */
export const makeWheels = (folder: string, packages: readonly SamplePackage[]): void =>
  makeFiles('make_wheel.py', folder, packages)

/** Makes sdists of them, in the same way. */
export const makeSdists = (folder: string, packages: readonly SamplePackage[]): void =>
  makeFiles('make_sdist.py', folder, packages)

/** Makes a mirror of sample packages (PEP 503). */
export const makeMirror = (folder: string, packages: readonly SamplePackage[]): void => {
  makeWheels(folder, packages)
  sortIntoMirror(folder)
}

/** The wheels of a mirror, for messages. */
export const wheelsOf = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(?:whl|tar\.gz|zip)$/.test(path))
    .map((path) => basename(path))
    .sort()
