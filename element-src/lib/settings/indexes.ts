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
export interface IndexOptions {
  /** CA certificates in PEM that sign its server's, besides those that the host trusts. */
  readonly ca?: string
  /** The certificate in PEM by which it knows its clients, and its key; one may hold both. */
  readonly clientCert?: string
  readonly clientKey?: string
  /** Whether its server's certificate is not verified. */
  readonly trusted?: boolean
  /** The projects that are asked here and nowhere else: normalised names (PEP 503), `*` for any characters. */
  readonly projects?: readonly string[]
  /** The projects that are not asked here: as `projects`. */
  readonly exclude?: readonly string[]
  /** Files that were uploaded after this instant (ISO 8601) are not there. */
  readonly excludeNewer?: string
}

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
 * easy_install's index: it can use one only.
 *
 * @param indexes The indexes in pip's order, not empty.
 * @returns The last mirror; the official index where there is none.
 */
export const easyInstallIndex = (indexes: readonly Index[]): string =>
  (indexes.findLast(({ isOfficial }) => !isOfficial) ?? indexes[0])?.url ?? ''

/**
 * The indexes in order, for the log, without their passwords.
 *
 * @param indexes The indexes; the first is index-url.
 */
export const describeIndexes = (indexes: readonly Index[]): string => {
  const [first, ...others] = indexes.map(({ url }) => redact(url))
  return `index ${first}${others.length > 0 ? `, then ${others.join(', ')}` : ''}`
}
