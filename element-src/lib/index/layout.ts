import { type Dirent, existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { isDistribution, normaliseName, projectsOf } from './distribution-file.js'
import { entriesOf, filesOnPage } from './folder.js'

/** What a folder holds, as far as it says how pip can use it. */
export type Layout =
  /** An index of PEP 503, in the folder itself or in one below it. */
  | {
      readonly kind: 'index'
      /** Where it is, below the folder: empty, or such as `web/simple`. */
      readonly below: string
      /** One of its projects: the name of a folder with a page. */
      readonly project: string
      /** Distributions beside the projects' folders of an index that is too large to be made anew. */
      readonly strayFiles: readonly string[]
    }
  /** A tree of projects' folders for which an index has to be made. */
  | {
      readonly kind: 'tree'
      readonly below: string
      /** A project's folder whose name is not the normalised one; undefined if all are. */
      readonly writtenName: string | undefined
      /** A project's folder without a page; undefined if all have one. */
      readonly pageless: string | undefined
      /** Distributions in the folder itself that the tree does not list. */
      readonly files: readonly string[]
    }
  /** Wheels and sdists side by side, as `pip download` leaves them. */
  | { readonly kind: 'flat'; readonly files: readonly string[] }
  | { readonly kind: 'missing' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unknown' }
  /** The user who runs the hook may not look into it. Root in the image may. */
  | { readonly kind: 'unreadable' }

/** Where tools put their index: dir2pi, pip2pi and dumb-pypi; bandersnatch. */
const placesOfIndexes = ['simple', 'web/simple']

/** If there are many folders, those that are looked at: a mirror of everything has half a million. */
const enough = 1000

interface Entries {
  readonly files: readonly string[]
  /** A folder with a page and a normalised name. */
  readonly project: string | undefined
  /** Folders with a page whose names are not normalised, and are not there under the normalised name as well. */
  readonly written: readonly string[]
  /** A folder without a page that holds a distribution of the project whose name it has. */
  readonly pageless: string | undefined
  readonly isEmpty: boolean
  /** Whether it was read to its end. */
  readonly isWhole: boolean
}

const hasPage = (folder: string, entry: Dirent): boolean =>
  !entry.isFile() && !entry.name.startsWith('.') && existsSync(join(folder, entry.name, 'index.html'))

/** The packaging guide's layout for a server that lists folders. */
const holdsProject = (folder: string, entry: Dirent): boolean =>
  !entry.isFile() &&
  !entry.name.startsWith('.') &&
  (ignoreErrors(['EACCES', 'ENOENT', 'ENOTDIR', 'ELOOP'], () => readdirSync(join(folder, entry.name))) ?? [])
    .slice(0, enough)
    .some((name) => isDistribution(name) && projectsOf(name).includes(normaliseName(entry.name)))

const lookInto = (folder: string): Entries => {
  const files: string[] = []
  const written: string[] = []
  let project: string | undefined
  let pageless: string | undefined
  let others = 0
  let isEmpty = true
  let isWhole = true
  for (const entry of entriesOf(folder)) {
    isEmpty = false
    if (!entry.isDirectory() && isDistribution(entry.name)) {
      files.push(entry.name)
      continue
    }
    others += 1
    if (others > enough) {
      isWhole = project === undefined
      if (!isWhole) break
      continue
    }
    const normalised = normaliseName(entry.name)
    if (hasPage(folder, entry)) {
      if (normalised === entry.name) project ??= entry.name
      else if (!existsSync(join(folder, normalised))) written.push(entry.name)
    } else if (pageless === undefined && holdsProject(folder, entry)) pageless = entry.name
  }
  return { files, project, written, pageless, isEmpty, isWhole }
}

/** A folder is a project's if its page lists a distribution: pypi-mirror keeps further trees beside its projects. */
const findWritten = (mirror: string, below: string, { written }: Entries): string | undefined =>
  written.find((name) => filesOnPage({ mirror, below: join(below, name) })?.length)

const lookAtTree = (mirror: string, below: string, tree: Entries, files: readonly string[]): Layout | undefined => {
  const { project, written, pageless, isWhole } = tree
  const writtenName = findWritten(mirror, below, tree)
  if (writtenName === undefined && project === undefined && pageless === undefined) {
    // Folders with pages, though none lists anything: an index that is empty, or wrong, and pip's to use.
    const [name] = written
    return name === undefined ? undefined : { kind: 'index', below, project: name, strayFiles: [] }
  }
  if (writtenName !== undefined || (isWhole && (files.length > 0 || pageless !== undefined)))
    return { kind: 'tree', below, writtenName, pageless, files }
  return { kind: 'index', below, project: project ?? '', strayFiles: files }
}

/** Whether a tree lists a distribution, by its page or beside it. */
const lists = (mirror: string, tree: string, project: string, file: string): boolean => {
  const below = join(tree, project)
  return existsSync(join(mirror, below, file)) || !!filesOnPage({ mirror, below })?.some(({ name }) => name === file)
}

const look = (mirror: string, folder: string): Layout => {
  const top = ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'], () => lookInto(join(mirror, folder)))
  if (top === undefined) return { kind: 'missing' }
  for (const place of placesOfIndexes) {
    const below = join(folder, place)
    const tree = ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'], () => lookInto(join(mirror, below)))
    // A project that is called simple has its files there.
    if (tree === undefined || ((tree.project ?? tree.pageless) === undefined && tree.written.length === 0)) continue
    // dir2pi and dumb-pypi leave the files that they list in the folder itself.
    const unlisted = top.files.filter(
      (name) => !projectsOf(name).some((project) => lists(mirror, below, project, name)),
    )
    const layout = lookAtTree(mirror, below, tree, unlisted)
    if (layout !== undefined) return layout
  }
  const layout = lookAtTree(mirror, folder, top, top.files)
  if (layout !== undefined) return layout
  if (top.files.length > 0) return { kind: 'flat', files: top.files }
  return { kind: top.isEmpty ? 'empty' : 'unknown' }
}

/**
 * Looks at what a folder of the mirror holds.
 *
 * @param mirror The mirror, on the host. Nothing in it is changed, and no more of it is read than it takes.
 * @param folder The folder, below the mirror; empty for the mirror itself.
 */
export const layoutOf = (mirror: string, folder: string): Layout =>
  ignoreErrors(['EACCES'], () => look(mirror, folder)) ?? { kind: 'unreadable' }
