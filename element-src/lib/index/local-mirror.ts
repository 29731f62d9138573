import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { namesIn } from '../base/files.js'
import { count } from '../base/log.js'
import { flatIndexUrl, localMirrorUrl } from '../image/stage.js'
import { isDistribution, normaliseName, projectsOf } from './distribution-file.js'
import { entriesOf, filesOnPage, openFolder, placesOfIndexes, writePages } from './folder.js'
import { fileFaults, findInMirror, projectFaults, some, urlBelow } from './local-url.js'
import { describeTargets } from './wheel-targets.js'

/** A folder of the local mirror that is used as an index: what it holds, and so how pip can use it. */
export interface LocalMirror {
  /** The folder, below the mirror; empty for the mirror itself. */
  readonly below: string
  /** The folder, on the host. */
  readonly folder: string
  /** What was recognised, for the log. */
  readonly description: string
  /** The names of its wheels and sdists if they lie side by side; what they are for decides who can install them. */
  readonly files: readonly string[]
  /** Whether a build may fill it: it has nothing yet, or wheels and sdists side by side, as `pip download` leaves them. */
  readonly isFlat: boolean
  /** The index, if the image has it. */
  readonly url: string
  /** Makes the index, in the folder of all indexes in memory; undefined if the mirror's own is used. */
  readonly writeIndex: ((folder: string) => void) | undefined
  /** Looks for what the user should know of it, a line each. */
  readonly warnings: () => readonly string[]
}

interface Layout extends Pick<LocalMirror, 'description' | 'files' | 'isFlat' | 'warnings'> {
  /** Where an index of its own is, below the mirror; undefined if one has to be made. */
  readonly index: string | undefined
}

/** What is said of a folder that is named and missing: one that a build fills may be so. */
export const missingFolder = 'a folder that does not exist'

/** If there are many folders, those that are looked at: a mirror of everything has half a million. */
const enough = 1000

/** The packaging guide's layout for a server that lists folders. */
const holdsProject = (folder: string, name: string): boolean =>
  namesIn(join(folder, name))
    .slice(0, enough)
    .some((file) => isDistribution(file) && projectsOf(file).includes(normaliseName(name)))

/** What a folder has, if it is there. */
const lookInto = (folder: string) => {
  const found = {
    /** Distributions, and links and the like with the names of such. */
    files: [] as string[],
    /** Those of them that are not regular files by themselves. */
    links: new Set<string>(),
    /** A folder with a page and a normalised name. */
    project: undefined as string | undefined,
    /** Folders with a page whose names are not normalised, and are not there under the normalised name as well. */
    written: [] as string[],
    /** A folder without a page that holds a distribution of the project whose name it has. */
    pageless: undefined as string | undefined,
    isEmpty: true,
    /** Whether it was read to its end. */
    isWhole: true,
  }
  const lookAt = (name: string): void => {
    const normalised = normaliseName(name)
    if (existsSync(join(folder, name, 'index.html'))) {
      if (normalised === name) found.project ??= name
      else if (!existsSync(join(folder, normalised))) found.written.push(name)
    } else if (found.pageless === undefined && holdsProject(folder, name)) found.pageless = name
  }
  let others = 0
  for (const entry of entriesOf(folder)) {
    const { name } = entry
    found.isEmpty = false
    if (!entry.isDirectory() && isDistribution(name)) {
      found.files.push(name)
      if (!entry.isFile()) found.links.add(name)
      continue
    }
    others += 1
    found.isWhole = others <= enough || found.project === undefined
    if (!found.isWhole) break
    if (others <= enough && !entry.isFile() && !name.startsWith('.')) lookAt(name)
  }
  return found
}

/** Whether a tree lists a distribution, by its page or beside it. */
const lists = (mirror: string, below: string, file: string): boolean =>
  existsSync(join(mirror, below, file)) || !!filesOnPage(mirror, below)?.some(({ name }) => name === file)

const look = (mirror: string, folder: string): Layout => {
  const lookBelow = (below: string) =>
    ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG'], () => lookInto(join(mirror, below)))
  const path = join(mirror, folder)
  const top = lookBelow(folder)
  const asIs = { index: folder, files: [], isFlat: false }
  const nothing = (description: string, fault: string): Layout => ({
    ...asIs,
    description,
    warnings: () => [
      `${path} ${fault}: no package is found in it. Fill it with wheels and sdists, or with a PEP 503 index at its top, in simple/ or web/simple/`,
    ],
  })
  if (top === undefined) return nothing(missingFolder, 'does not exist')
  /** Of distributions side by side those that the image can read. What is wrong with the others is for warnings. */
  const check = (all: readonly string[]) => {
    const links = all.filter((name) => top.links.has(name)).map((name) => join(folder, name))
    const usable = all.filter((name) => !top.links.has(name) || findInMirror(mirror, join(folder, name)) === 'file')
    return { usable, warnings: () => fileFaults(mirror, links) }
  }
  for (const place of [...placesOfIndexes, '']) {
    const below = place === '' ? folder : join(folder, place)
    const tree = place === '' ? top : lookBelow(below)
    if (tree === undefined) continue
    const { project, written, pageless, isWhole } = tree
    // Folders with pages, though none lists anything: an index that is empty, or wrong, and pip's to use.
    const sample = project ?? written[0]
    // A project that is called simple has its files there.
    if (sample === undefined && pageless === undefined) continue
    // A folder is a project's if its page lists a distribution: pypi-mirror keeps further trees beside its projects.
    const writtenName = written.find((name) => filesOnPage(mirror, join(below, name))?.length)
    // dir2pi and dumb-pypi leave the files that they list in the folder itself.
    const stray =
      place === ''
        ? top.files
        : top.files.filter((name) => !projectsOf(name).some((one) => lists(mirror, join(below, one), name)))
    const index = `a PEP 503 index${place === '' ? '' : ` in ${place}`}`
    const isMade = writtenName !== undefined || (isWhole && (stray.length > 0 || pageless !== undefined))
    if (sample !== undefined && !isMade) {
      const fault = `${some(stray)} in ${join(mirror, below)} lies beside its projects' folders, where pip does not look: move it into one`
      const warnings = () => [...projectFaults(mirror, join(below, sample)), ...(stray.length > 0 ? [fault] : [])]
      return { ...asIs, index: below, description: index, warnings }
    }
    const { usable, warnings } = check(stray)
    const kind =
      writtenName !== undefined
        ? `a tree with projects' names as written (${writtenName})`
        : pageless === undefined
          ? index
          : `a tree with a folder without a page (${pageless})`
    const beside = usable.length > 0 ? `, and ${count(usable.length, 'file')} that it does not list` : ''
    return { ...asIs, index: undefined, description: `${kind}${beside}`, warnings }
  }
  if (top.files.length > 0) {
    const { usable, warnings } = check(top.files)
    const description = `a flat folder of ${count(usable.length, 'file')}${describeTargets(usable)}`
    return { index: undefined, files: usable, isFlat: true, description, warnings }
  }
  if (top.isEmpty) return { ...nothing('an empty folder', 'is empty'), isFlat: true }
  return nothing('a folder without packages', 'is not a mirror')
}

/**
 * Recognises what folders of the local mirror hold. Nothing in them is changed, and no more of them is read than it takes.
 *
 * @param folders The folders that are named as indexes, below it; empty for the mirror itself. Each once.
 * @returns What was found, in their order. If one alone needs an index in memory, that is file:///tmp/pypi-index; of several
 *   each has a folder of its own in there.
 */
export const detectMirrors = (mirror: string, folders: readonly string[]): readonly LocalMirror[] => {
  const description = 'a folder that only root can look into, taken for a PEP 503 index'
  const unknown = { description, files: [], isFlat: false, warnings: () => [] }
  const layouts = folders.map(
    (index): Layout => ignoreErrors(['EACCES'], () => look(mirror, index)) ?? { ...unknown, index },
  )
  const made = layouts.filter(({ index }) => index === undefined)
  return layouts.map((layout, i): LocalMirror => {
    const { index, ...told } = layout
    const below = folders[i] ?? ''
    const common = { ...told, below, folder: join(mirror, below) }
    if (index !== undefined) return { ...common, url: urlBelow(localMirrorUrl, index), writeIndex: undefined }
    const place = made.length === 1 ? '' : String(made.indexOf(layout) + 1)
    const faults = new Set<string>()
    const opened = openFolder(mirror, below, faults)
    return {
      ...common,
      url: urlBelow(flatIndexUrl, place),
      writeIndex: (folder) => {
        mkdirSync(join(folder, place), { recursive: true })
        writePages(opened, join(folder, place))
      },
      warnings: () => {
        opened.projects()
        return [...told.warnings(), ...faults]
      },
    }
  })
}
