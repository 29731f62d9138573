import { UserError } from '../base/errors.js'
import { redact } from '../http/credentials.js'
import { localMirrorUrl } from '../image/paths.js'
import { folderOfMirror } from '../index/local-url.js'
import type { RelayIndex } from '../relay/config.js'
import { type MirrorUrl, parseMirrorUrl } from './mirror-url.js'
import type { NamedMirror } from './mirrors.js'

/**
 * The official index, at the address that is pip's own default (pip's documentation, `pip install --index-url`). The
 * one address of a package registry in this project.
 */
export const officialIndex = 'https://pypi.org/simple'

/** What decides the list of indexes. */
export interface IndexChoice {
  /** The mirrors that the user named, in order. */
  readonly mirrors: readonly NamedMirror[]
  /** The folder on the host where the local mirror is looked for. */
  readonly mirrorFolder: string
  /** What is an index in that folder; undefined where it does not exist. */
  readonly localMirrors: readonly LocalIndex[] | undefined
  /** Whether DIB_OFFLINE or DIB_NO_PYPI_PIP keeps the official index away. */
  readonly withoutOfficial: boolean
  /** What becomes of an index that does not answer. */
  readonly unreachable: 'drop' | 'keep' | 'fail'
}

/** A folder of the local mirror that is an index. */
export interface LocalIndex {
  /** The folder, below the mirror. */
  readonly below: string
  /** The folder, on the host. */
  readonly folder: string
  /** The index, where the image has it. */
  readonly url: string
}

/** What only a mirrors file says of an index, and only the relay can do. */
export type IndexOptions = Pick<
  RelayIndex,
  'ca' | 'clientCert' | 'clientKey' | 'trusted' | 'projects' | 'exclude' | 'excludeNewer'
>

/** One of the indexes of a build: its URL, with its credentials, and the parts of that. */
export interface Index extends MirrorUrl, IndexOptions {
  /** Whether it is the official one, which the user did not name. */
  readonly isOfficial: boolean
  /** The folder on the host that it is, where it is one of the local mirror. */
  readonly folder?: string
}

/**
 * An index from its URL.
 *
 * @param url The URL, with its credentials.
 * @throws UserError where it is no URL that pip can use.
 */
export const indexAt = (url: string): Index => ({
  ...parseMirrorUrl('the index', url),
  isOfficial: url === officialIndex,
})

/** The indexes of a build. */
export interface Indexes {
  /** They in pip's order: the first is index-url, the others are extra-index-url. Never empty. */
  readonly indexes: readonly Index[]
  /** What the user should know of the choice. */
  readonly warnings: readonly string[]
}

/**
 * The folders of the local mirror that are indexes.
 *
 * @param mirrors The mirrors that the user named.
 * @returns Each once, below the mirror, in their order; the mirror itself where none is named.
 */
export const foldersToUse = (mirrors: readonly MirrorUrl[]): readonly string[] =>
  mirrors.length === 0 ? [''] : [...new Set(mirrors.flatMap(({ url }) => folderOfMirror(url) ?? []))]

/**
 * Decides what pip is to ask, and in which order.
 *
 * @param choice What the user set and what the host has.
 * @returns The indexes. Where there is neither a mirror nor the official index, the local mirror's URL stands alone, so
 *   that pip finds nothing rather than goes elsewhere.
 * @throws UserError where there is neither, and the build is to end on that.
 */
export const chooseIndexes = (choice: IndexChoice): Indexes => {
  const { mirrors, mirrorFolder, localMirrors, withoutOfficial, unreachable } = choice
  const missing = `there is no folder ${mirrorFolder}`
  const official = withoutOfficial ? [] : [indexAt(officialIndex)]
  const asIndex = (mirror: MirrorUrl): Index => {
    const { url, scheme, host } = mirror
    const folder = folderOfMirror(url)
    const local = localMirrors?.find(({ below }) => below === folder)
    return local === undefined
      ? { url, scheme, host, isOfficial: false }
      : { url: local.url, scheme, host, isOfficial: false, folder: local.folder }
  }
  if (mirrors.length > 0) {
    const lost = localMirrors === undefined ? mirrors.filter(({ url }) => folderOfMirror(url) !== undefined) : []
    const warnings = lost.map(({ variable, url }) => `${variable} is ${url}, but ${missing}: nothing is found there`)
    return { indexes: [...mirrors.map(asIndex), ...official], warnings }
  }
  if (localMirrors !== undefined) return { indexes: [asIndex(indexAt(localMirrorUrl)), ...official], warnings: [] }
  if (official.length > 0) {
    return {
      indexes: official,
      warnings: [`${missing} and no DIB_PYPI_MIRROR_URL: the official index is used alone`],
    }
  }
  const nothing = `${missing} and no DIB_PYPI_MIRROR_URL, and the official index is off`
  if (unreachable === 'fail') {
    throw new UserError(
      `DIB_PYPI_UNREACHABLE is fail, and no package can be found: ${nothing}; fill the folder or set DIB_PYPI_MIRROR_URL`,
    )
  }
  return { indexes: [indexAt(localMirrorUrl)], warnings: [`${nothing}: no package can be found`] }
}

/**
 * The same for the indexes of a mirrors file.
 *
 * @param named The indexes that the file names, and what there is to say of them.
 * @param mirrorFolder The folder on the host where the local mirror is looked for.
 * @param localMirrors What is an index in that folder; undefined where it does not exist.
 * @returns The indexes; the local mirror where the file names none for this build.
 */
export const checkIndexes = (
  named: Indexes,
  mirrorFolder: string,
  localMirrors: readonly LocalIndex[] | undefined,
): Indexes => {
  const isEmpty = named.indexes.length === 0
  const indexes = (isEmpty ? [indexAt(localMirrorUrl)] : named.indexes).map((index): Index => {
    const below = folderOfMirror(index.url)
    const local = localMirrors?.find((folder) => folder.below === below)
    return local === undefined ? index : { ...index, url: local.url, folder: local.folder }
  })
  const lost = localMirrors === undefined ? indexes.filter(({ scheme }) => scheme === 'file') : []
  const missing = `there is no folder ${mirrorFolder}`
  const warnings = lost.map(({ url }) =>
    isEmpty
      ? `DIB_PYPI_MIRRORS names the official index alone, which is off, and ${missing}: no package can be found`
      : `DIB_PYPI_MIRRORS names ${url}, but ${missing}: nothing is found there`,
  )
  return { indexes, warnings: [...named.warnings, ...warnings] }
}

/**
 * easy_install's index: it can use one only.
 *
 * @param indexes The indexes in pip's order, not empty.
 * @returns The last mirror; the official index where there is none.
 */
export const easyInstallIndex = (indexes: readonly Index[]): string =>
  (indexes.filter(({ isOfficial }) => !isOfficial).at(-1) ?? indexes[0])?.url ?? ''

/**
 * The indexes in order, for the log, without their passwords.
 *
 * @param indexes The indexes; the first is index-url.
 */
export const describeIndexes = (indexes: readonly Index[]): string => {
  const [first, ...others] = indexes.map(({ url }) => redact(url))
  return `index ${first}${others.length > 0 ? `, then ${others.join(', ')}` : ''}`
}
