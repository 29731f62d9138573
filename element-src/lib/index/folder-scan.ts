import { type Dirent, opendirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { isDistribution, normaliseName, projectsOf } from './distribution-file.js'

/** What one folder holds. */
export interface Scan {
  /** The names of wheels, sdists and eggs, by the projects that they may be of. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** The names of folders by what they are as projects' names: openstack's pypi-mirror writes them as projects do. */
  readonly folders: ReadonlyMap<string, readonly string[]>
}

const add = (map: Map<string, string[]>, key: string, value: string): void => {
  const values = map.get(key)
  if (values === undefined) map.set(key, [value])
  else values.push(value)
}

const isFolder = (folder: string, entry: Dirent): boolean =>
  entry.isDirectory() ||
  (entry.isSymbolicLink() &&
    (ignoreErrors(['ENOENT', 'ELOOP', 'EACCES'], () => statSync(join(folder, entry.name)).isDirectory()) ?? false))

const scan = (folder: string): Scan => {
  const files = new Map<string, string[]>()
  const folders = new Map<string, string[]>()
  const directory = opendirSync(folder, { bufferSize: 512 })
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      const { name } = entry
      if (name.startsWith('.')) continue
      if (isDistribution(name)) for (const project of projectsOf(name)) add(files, project, name)
      else if (isFolder(folder, entry)) add(folders, normaliseName(name), name)
    }
  } finally {
    directory.closeSync()
  }
  return { files, folders }
}

/**
 * Looks into folders, and again only where one has changed.
 *
 * @returns A function that says what a folder of the host holds; undefined where it is not there, or may not be read.
 */
export const newScanner = (): ((folder: string) => Scan | undefined) => {
  const scans = new Map<string, { readonly changed: number; readonly scan: Scan }>()
  return (folder) =>
    ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES'], () => {
      const changed = statSync(folder).mtimeMs
      const known = scans.get(folder)
      if (known?.changed === changed) return known.scan
      const found = scan(folder)
      scans.set(folder, { changed, scan: found })
      return found
    })
}
