import type { RelayIndex } from '../relay/config.js'
import { localMirrorUrl } from '../stage/paths.js'
import { redact } from './credentials.js'
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
  /** Whether that folder is there. */
  readonly hasMirrorFolder: boolean
  /** Whether DIB_OFFLINE or DIB_NO_PYPI_PIP keeps the official index away. */
  readonly withoutOfficial: boolean
}

/** What only a mirrors file says of an index, and only the relay can do. */
export type IndexOptions = Pick<
  RelayIndex,
  'ca' | 'clientCert' | 'clientKey' | 'trusted' | 'projects' | 'exclude' | 'excludeNewer'
>

/** One of the indexes of a build. */
export interface Index extends IndexOptions {
  /** Its URL, with its credentials. */
  readonly url: string
  /** Whether it is the official one, which the user did not name. */
  readonly isOfficial: boolean
}

/** The indexes of a build. */
export interface Indexes {
  /** They in pip's order: the first is index-url, the others are extra-index-url. Never empty. */
  readonly indexes: readonly Index[]
  /** What the user should know of the choice. */
  readonly warnings: readonly string[]
}

/** Whether a URL is that of the local mirror. */
export const isLocalMirror = (url: string): boolean => url.replace(/\/+$/, '') === localMirrorUrl

/**
 * Decides what pip is to ask, and in which order.
 *
 * @param choice What the user set and what the host has.
 * @returns The indexes. Where there is neither a mirror nor the official index, the local mirror's URL stands alone, so
 *   that pip finds nothing rather than goes elsewhere.
 */
export const chooseIndexes = ({ mirrors, mirrorFolder, hasMirrorFolder, withoutOfficial }: IndexChoice): Indexes => {
  const warnings: string[] = []
  const named = mirrors.map(({ url }) => url)
  const listed = named.length > 0 ? named : hasMirrorFolder || withoutOfficial ? [localMirrorUrl] : []
  const missing = `there is no folder ${mirrorFolder}`
  if (!hasMirrorFolder) {
    if (named.length === 0) {
      warnings.push(
        withoutOfficial
          ? `${missing} and no DIB_PYPI_MIRROR_URL, and the official index is switched off: no package can be found`
          : `${missing} and no DIB_PYPI_MIRROR_URL: the official index is used alone`,
      )
    }
    for (const { variable, url } of mirrors) {
      if (isLocalMirror(url)) warnings.push(`${variable} is ${localMirrorUrl}, but ${missing}: nothing is found there`)
    }
  }
  const indexes = listed.map((url): Index => ({ url, isOfficial: false }))
  return { indexes: withoutOfficial ? indexes : [...indexes, { url: officialIndex, isOfficial: true }], warnings }
}

/**
 * The same for the indexes of a mirrors file.
 *
 * @param named The indexes that the file names, and what there is to say of them.
 * @param mirrorFolder The folder on the host where the local mirror is looked for.
 * @param hasMirrorFolder Whether it is there.
 * @returns The indexes; the local mirror's URL where the file names none for this build.
 */
export const checkIndexes = (named: Indexes, mirrorFolder: string, hasMirrorFolder: boolean): Indexes => {
  const indexes = named.indexes.length > 0 ? named.indexes : [{ url: localMirrorUrl, isOfficial: false }]
  const missing = `there is no folder ${mirrorFolder}`
  const without =
    named.indexes.length === 0
      ? `DIB_PYPI_MIRRORS names the official index alone, which is switched off, and ${missing}: no package can be found`
      : `DIB_PYPI_MIRRORS names ${localMirrorUrl}, but ${missing}: nothing is found there`
  const isMissing = !hasMirrorFolder && indexes.some(({ url }) => isLocalMirror(url))
  return { indexes, warnings: isMissing ? [...named.warnings, without] : named.warnings }
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
