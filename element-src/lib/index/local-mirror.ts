import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { flatIndexUrl, localMirrorUrl } from '../image/stage.js'
import { type Folder, openFolder } from './folder.js'
import { type Layout, layoutOf } from './layout.js'
import { fileFaults, pageFault, projectFaults, some } from './link-checks.js'
import { urlBelow } from './local-url.js'
import type { PageFile } from './page.js'
import { renderPage, renderRoot } from './render.js'
import { describeTargets } from './wheel-targets.js'

/** A folder of the local mirror that is used as an index, as pip can use it. */
export interface LocalMirror {
  /** The folder, below the mirror; empty for the mirror itself. */
  readonly below: string
  /** The folder, on the host. */
  readonly folder: string
  /** The index, if the image has it. */
  readonly url: string
  /** What was recognised, for the log. */
  readonly description: string
  /** The names of its wheels and sdists if they lie side by side; what they are for decides who can install them. */
  readonly files: readonly string[]
  /** Makes the index, in the folder of all indexes in memory; undefined if the mirror's own is used. */
  readonly writeIndex: ((folder: string) => void) | undefined
  /** Looks for what the user should know of it, a line each. */
  readonly warnings: () => readonly string[]
}

/** What is said of a folder that is named and missing, or has nothing yet: what a build fills may be so. */
export const missingFolder = 'a folder that does not exist'
export const emptyFolder = 'an empty folder'

/** A folder without the place of its index in memory. */
interface Detected {
  readonly description: string
  readonly files: readonly string[]
  /** Where an index of its own is, below the mirror; undefined if one has to be made. */
  readonly index: string | undefined
  readonly warnings: () => readonly string[]
}

const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`)

/** Makes an index: a page for each project, and one of the projects (PEP 503). */
export const writePages = (index: Folder, folder: string, hrefOf = ({ url }: PageFile): string => url): void => {
  const projects = index.projects().filter((project) => {
    const listed = index.files(project)
    if (listed.length === 0) return false
    mkdirSync(join(folder, project))
    const page = renderPage(project, { files: listed, links: [] }, hrefOf, 'html')
    writeFileSync(join(folder, project, 'index.html'), page)
    return true
  })
  writeFileSync(join(folder, 'index.html'), renderRoot(projects, 'html'))
}

const indexWarnings = (mirror: string, { below, project, strayFiles }: Extract<Layout, { kind: 'index' }>) => {
  const place = join(below, project)
  // A sample, of what the user who runs the hook may read.
  const fault = ignoreErrors(['EACCES'], () => pageFault(mirror, place))
  const stray = `lies beside its projects' folders, where pip does not look: move it into one`
  return [
    ...(ignoreErrors(['EACCES'], () => projectFaults(mirror, place)) ?? []),
    ...(fault === undefined ? [] : [fault]),
    ...(strayFiles.length > 0 ? [`${some(strayFiles)} in ${join(mirror, below)} ${stray}`] : []),
  ]
}

const describeIndex = (folder: string, below: string): string =>
  below === folder ? 'a PEP 503 index' : `a PEP 503 index in ${below.slice(folder === '' ? 0 : folder.length + 1)}`

const describeTree = (folder: string, { below, writtenName, pageless }: Extract<Layout, { kind: 'tree' }>): string => {
  if (writtenName !== undefined) return `a tree with projects' names as written (${writtenName})`
  return pageless === undefined ? describeIndex(folder, below) : `a tree with a folder without a page (${pageless})`
}

const detect = (mirror: string, folder: string, opened: Folder): Detected => {
  const layout = layoutOf(mirror, folder)
  const asIs = { index: folder, files: [], warnings: () => [] }
  const path = join(mirror, folder)
  const check = (distributions: readonly string[]) => {
    const unusable = opened.unusable()
    const left = distributions.filter((name) => unusable.has(name)).map((name) => join(folder, name))
    return { names: distributions.filter((name) => !unusable.has(name)), warnings: () => fileFaults(mirror, left) }
  }
  switch (layout.kind) {
    case 'index': {
      const { below } = layout
      const description = describeIndex(folder, below)
      return { ...asIs, index: below, description, warnings: () => indexWarnings(mirror, layout) }
    }
    case 'tree': {
      const { names, warnings } = check(layout.files)
      const beside = names.length > 0 ? `, and ${files(names.length)} that it does not list` : ''
      return { index: undefined, files: [], description: `${describeTree(folder, layout)}${beside}`, warnings }
    }
    case 'flat': {
      const { names, warnings } = check(layout.files)
      const description = `a flat folder of ${files(names.length)}${describeTargets(names)}`
      return { index: undefined, files: names, description, warnings }
    }
    case 'unreadable':
      return { ...asIs, description: 'a folder that only root can look into, taken for a PEP 503 index' }
    case 'missing':
      return {
        ...asIs,
        description: missingFolder,
        warnings: () => [`${path} does not exist: no package is found in it`],
      }
    default:
      return {
        ...asIs,
        description: layout.kind === 'empty' ? emptyFolder : 'a folder without packages',
        warnings: () => [
          `${path} ${layout.kind === 'empty' ? 'is empty' : 'is not a mirror'}: no package is found in it. Fill it with wheels and sdists, or with a PEP 503 index at its top, in simple/ or web/simple/`,
        ],
      }
  }
}

/**
 * Recognises what folders of the local mirror hold, and so how pip can use them.
 *
 * @param mirror The mirror, on the host.
 * @param folders The folders that are named as indexes, below it; empty for the mirror itself. Each once.
 * @returns What was found, in their order. If one alone needs an index in memory, that is file:///tmp/pypi-index; of several
 *   each has a folder of its own in there.
 */
export const detectMirrors = (mirror: string, folders: readonly string[]): readonly LocalMirror[] => {
  const detected = folders.map((below) => {
    const faults: string[] = []
    const opened = openFolder({ mirror, below }, (fault) => faults.push(fault))
    return { below, opened, faults, found: detect(mirror, below, opened) }
  })
  const made = detected.filter(({ found }) => found.index === undefined)
  return detected.map((one): LocalMirror => {
    const { below, opened, faults, found } = one
    const { index, ...told } = found
    const common = { ...told, below, folder: join(mirror, below) }
    if (index !== undefined) return { ...common, url: urlBelow(localMirrorUrl, index), writeIndex: undefined }
    const place = made.length === 1 ? '' : String(made.indexOf(one) + 1)
    return {
      ...common,
      url: urlBelow(flatIndexUrl, place),
      writeIndex: (folder) => {
        if (place !== '') mkdirSync(join(folder, place))
        writePages(opened, join(folder, place))
      },
      warnings: () => {
        opened.projects()
        return [...told.warnings(), ...faults]
      },
    }
  })
}
