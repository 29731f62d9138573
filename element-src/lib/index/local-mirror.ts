import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { flatIndexUrl, localMirrorUrl } from '../image/paths.js'
import { flatLinks } from './flat-links.js'
import { type Link, writeIndex } from './index-pages.js'
import { type Distribution, type Layout, layoutOf } from './layout.js'
import { checkFiles, pageFault, projectFaults, some } from './link-checks.js'
import { urlBelow } from './local-url.js'
import { treeLinks } from './tree-links.js'
import { describeTargets } from './wheel-targets.js'

/** A folder of the local mirror that is used as an index, as pip can use it. */
export interface LocalMirror {
  /** The folder, below the mirror; empty for the mirror itself. */
  readonly below: string
  /** The folder, on the host. */
  readonly folder: string
  /** The index, where the image has it. */
  readonly url: string
  /** What was recognised, for the log. */
  readonly description: string
  /** Makes the index, in the folder of all indexes in memory; undefined where the mirror's own is used. */
  readonly writeIndex: ((folder: string) => void) | undefined
  /** Looks for what the user should know of it, a line each. */
  readonly warnings: () => readonly string[]
}

/** What is said of a folder that is named and missing. */
export const missingFolder = 'a folder that does not exist'

/** A folder without the place of its index in memory. */
interface Detected {
  readonly description: string
  /** Where an index of its own is, below the mirror. */
  readonly index: string
  /** The links of the index that has to be made. */
  readonly links: (() => Iterable<Link>) | undefined
  readonly warnings: () => readonly string[]
}

const files = (count: number): string => (count === 1 ? '1 file' : `${count} files`)

const chain = function* (...parts: readonly (() => Iterable<Link>)[]): Generator<Link> {
  for (const part of parts) yield* part()
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

const detect = (mirror: string, folder: string): Detected => {
  const layout = layoutOf(mirror, folder)
  const asIs = { index: folder, links: undefined, warnings: () => [] }
  const path = join(mirror, folder)
  const check = (distributions: readonly Distribution[]) => {
    const odd = distributions.filter(({ isRegular }) => !isRegular).map(({ name }) => join(folder, name))
    const { usable, warnings } = checkFiles(mirror, odd)
    const names = distributions
      .filter(({ name, isRegular }) => isRegular || usable.includes(join(folder, name)))
      .map(({ name }) => name)
    return { names, warnings, links: () => flatLinks(path, names, urlBelow(localMirrorUrl, folder)) }
  }
  switch (layout.kind) {
    case 'index': {
      const { below } = layout
      const description = describeIndex(folder, below)
      return { ...asIs, index: below, description, warnings: () => indexWarnings(mirror, layout) }
    }
    case 'tree': {
      const { below, writtenName } = layout
      const { names: besides, warnings, links } = check(layout.files)
      const beside = besides.length > 0 ? `, and ${files(besides.length)} that it does not list` : ''
      const names = writtenName === undefined ? '' : ` with projects' names as written (${writtenName})`
      return {
        index: below,
        description: `${writtenName === undefined ? describeIndex(folder, below) : `a tree${names}`}${beside}`,
        links: () => chain(() => treeLinks(mirror, below), links),
        warnings: () => warnings,
      }
    }
    case 'flat': {
      const { names, warnings, links } = check(layout.files)
      const description = `a flat folder of ${files(names.length)}${describeTargets(names)}`
      return { index: folder, description, links, warnings: () => warnings }
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
        description: layout.kind === 'empty' ? 'an empty folder' : 'a folder without packages',
        warnings: () => [
          `${path} ${layout.kind === 'empty' ? 'is empty' : 'is not a mirror'}: looked for a project's folder with an index.html (PEP 503) there, in simple/ and in web/simple/, and for wheels and sdists; no package is found in it`,
        ],
      }
  }
}

/**
 * Recognises what folders of the local mirror hold, and so how pip can use them.
 *
 * @param mirror The mirror, on the host.
 * @param folders The folders that are named as indexes, below it; empty for the mirror itself. Each once.
 * @returns What was found, in their order. Where one alone needs an index in memory, that is file:///tmp/pypi-index; of several
 *   each has a folder of its own in there.
 */
export const detectMirrors = (mirror: string, folders: readonly string[]): readonly LocalMirror[] => {
  const detected = folders.map((below) => ({ below, ...detect(mirror, below) }))
  const made = detected.filter(({ links }) => links !== undefined)
  return detected.map((one) => {
    const { below, description, index, links, warnings } = one
    const common = { below, folder: join(mirror, below), description, warnings }
    if (links === undefined) return { ...common, url: urlBelow(localMirrorUrl, index), writeIndex: undefined }
    const place = made.length === 1 ? '' : String(made.indexOf(one) + 1)
    return {
      ...common,
      url: urlBelow(flatIndexUrl, place),
      writeIndex: (folder) => {
        if (place !== '') mkdirSync(join(folder, place))
        writeIndex(links(), join(folder, place))
      },
    }
  })
}
