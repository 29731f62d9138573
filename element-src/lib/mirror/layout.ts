import { type Dirent, existsSync, opendirSync } from 'node:fs'
import { join } from 'node:path'
import { tolerate } from '../hook/error.js'
import { isDistribution } from './distribution-file.js'

/** What a folder holds, as far as it says how pip can use it. */
export type Layout =
  /** An index of PEP 503, in the folder itself or in one below it. */
  | {
      readonly kind: 'index'
      /** Where it is, below the folder: empty, or such as `web/simple`. */
      readonly below: string
      /** One of its projects: the name of a folder with a page. */
      readonly project: string
      /** Wheels and sdists that lie beside the projects' folders, where no page links them. */
      readonly strayFiles: readonly string[]
    }
  /** Wheels and sdists side by side, as `pip download` leaves them. */
  | {
      readonly kind: 'flat'
      readonly files: readonly string[]
      /** Which of these are symbolic links. */
      readonly links: readonly string[]
    }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown' }
  /** Whoever runs the hook may not look into it. Root in the image may. */
  | { readonly kind: 'unreadable' }

/** Where tools put their index: dir2pi, pip2pi and dumb-pypi; bandersnatch. */
const placesOfIndexes = ['simple', 'web/simple']

/** Where there are many folders, those that are looked at: a mirror of everything has half a million. */
const enough = 1000

interface Found {
  readonly files: readonly string[]
  readonly links: readonly string[]
  readonly project: string | undefined
  readonly isEmpty: boolean
}

const isProject = (folder: string, entry: Dirent): boolean =>
  !entry.isFile() && !entry.name.startsWith('.') && existsSync(join(folder, entry.name, 'index.html'))

const lookInto = (folder: string): Found => {
  const files: string[] = []
  const links: string[] = []
  let project: string | undefined
  let others = 0
  let isEmpty = true
  const directory = opendirSync(folder, { bufferSize: 512 })
  try {
    for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
      isEmpty = false
      if (!entry.isDirectory() && isDistribution(entry.name)) {
        files.push(entry.name)
        if (entry.isSymbolicLink()) links.push(entry.name)
      } else {
        others += 1
        if (project === undefined && others <= enough && isProject(folder, entry)) project = entry.name
      }
      if (project !== undefined && others + files.length > enough) break
    }
  } finally {
    directory.closeSync()
  }
  return { files, links, project, isEmpty }
}

const look = (folder: string): Layout => {
  for (const below of placesOfIndexes) {
    const found = tolerate(['ENOENT', 'ENOTDIR'], () => lookInto(join(folder, below)))
    if (found?.project !== undefined) return { kind: 'index', below, project: found.project, strayFiles: found.files }
  }
  const { files, links, project, isEmpty } = lookInto(folder)
  if (project !== undefined) return { kind: 'index', below: '', project, strayFiles: files }
  if (files.length > 0) return { kind: 'flat', files, links }
  return { kind: isEmpty ? 'empty' : 'unknown' }
}

/**
 * Looks at what a folder holds. An index wins over files that lie beside it, since its pages link them.
 *
 * @param folder The folder, on the host. Nothing in it is changed, and no more of it is read than it takes.
 */
export const layoutOf = (folder: string): Layout => tolerate(['EACCES'], () => look(folder)) ?? { kind: 'unreadable' }
