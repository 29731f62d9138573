import { join } from 'node:path'
import { tolerate } from '../hook/error.js'
import { flatIndexUrl, localMirrorUrl } from '../stage/paths.js'
import { type Layout, layoutOf } from './layout.js'
import { linksOutside, pageFault, projectLinksOutside } from './link-checks.js'

/** The local mirror, as pip can use it. */
export interface LocalMirror {
  /** The index, where the image has it. */
  readonly url: string
  /** What was recognised, for the log. */
  readonly description: string
  /** The files for which an index has to be made; undefined where the mirror has one. */
  readonly filesToIndex: readonly string[] | undefined
  /** Looks for what the user should know of it, a line each. */
  readonly warnings: () => readonly string[]
}

const some = ([first = '', ...others]: readonly string[]): string =>
  others.length > 0 ? `${first} and ${others.length} more` : first

const aboutLinks = (mirror: string, links: readonly string[], effect: string): readonly string[] =>
  links.length === 0
    ? []
    : [
        `${join(mirror, some(links))}: a symbolic link that leads out of the mirror is one to nothing in the image${effect}; put what it names in its place`,
      ]

const indexWarnings = (folder: string, layout: Extract<Layout, { kind: 'index' }>): readonly string[] => {
  const { below, project, strayFiles } = layout
  const place = join(below, project)
  // A sample, of what whoever runs the hook may read.
  const fault = tolerate(['EACCES'], () => pageFault(folder, place))
  const links = tolerate(['EACCES'], () => projectLinksOutside(folder, place)) ?? []
  // dir2pi, pip2pi and bandersnatch keep the files outside the index.
  const stray =
    below === '' && strayFiles.length > 0
      ? [
          `${some(strayFiles)} in ${folder} lies beside its projects' folders, where pip does not look: move it into one`,
        ]
      : []
  return [...aboutLinks(folder, links, ''), ...(fault ? [fault] : []), ...stray]
}

/**
 * Recognises what the local mirror holds, and so how pip can use it.
 *
 * @param folder The mirror, on the host.
 */
export const detectMirror = (folder: string): LocalMirror => {
  const layout = layoutOf(folder)
  const asIs = { url: localMirrorUrl, filesToIndex: undefined }
  switch (layout.kind) {
    case 'index':
      return {
        url: layout.below === '' ? localMirrorUrl : `${localMirrorUrl}/${layout.below}`,
        description: layout.below === '' ? 'a PEP 503 index' : `a PEP 503 index in ${layout.below}`,
        filesToIndex: undefined,
        warnings: () => indexWarnings(folder, layout),
      }
    case 'flat': {
      const dangling = new Set(linksOutside(folder, layout.links))
      return {
        url: flatIndexUrl,
        description: `a flat folder of ${layout.files.length} files`,
        filesToIndex: layout.files.filter((file) => !dangling.has(file)),
        warnings: () => aboutLinks(folder, [...dangling], ', so that its package is not found'),
      }
    }
    case 'unreadable':
      return {
        ...asIs,
        description: 'a folder that only root can look into, taken for a PEP 503 index',
        warnings: () => [],
      }
    default:
      return {
        ...asIs,
        description: layout.kind === 'empty' ? 'an empty folder' : 'a folder without packages',
        warnings: () => [
          `${folder} ${layout.kind === 'empty' ? 'is empty' : 'is no mirror'}: looked for a project's folder with an index.html (PEP 503) there, in simple/ and in web/simple/, and for wheels and sdists; no package is found in it`,
        ],
      }
  }
}
