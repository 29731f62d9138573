import { UserError } from '../base/errors.js'
import { localMirrorUrl } from '../image/paths.js'
import { folderOfMirror } from '../index/local-url.js'
import { parseMirrorUrl } from './mirror-url.js'

/**
 * The official index, at the address that is pip's own default (pip's documentation, `pip install --index-url`). The
 * one address of a package registry in this project.
 */
export const officialIndex = 'https://pypi.org/simple'

/** A user name and a password, decoded. */
export interface Credentials {
  readonly username: string
  readonly password: string
  /** As they stand in the URL that the user wrote, `user:p%40ss`: installers without a relay get the same bytes. */
  readonly written?: string
}

/** One of the indexes of a build, for everybody above. It is told from others by the object or its position alone. */
export interface Index {
  /** Never with credentials. */
  readonly url: string
  readonly scheme: 'http' | 'https' | 'file'
  /** Without port and user, an IPv6 one without its brackets; empty for file. */
  readonly host: string
  readonly credentials?: Credentials
  /** For messages: the URL with `****` for what is secret. Two indexes can have the same. */
  readonly label: string
  /** Its section in the mirrors file. */
  readonly name?: string
  /** What names it, for messages: a variable, or `FILE, [section]`. */
  readonly source?: string
  /** Whether it is the official index. */
  readonly isOfficial: boolean
  /** The folder on the host that it is, if it is one of the local mirror. */
  readonly folder?: string
  /** CA certificates in PEM that sign its server's, besides those that the host trusts. */
  readonly ca?: string
  /** The certificate in PEM by which it knows its clients, and its key; one may hold both. */
  readonly clientCert?: string
  readonly clientKey?: string
  /** Whether its server's certificate is not verified. */
  readonly trusted?: boolean
  /** The projects that are asked here and nowhere else: normalised names, `*` for any characters. */
  readonly projects?: readonly string[]
  /** The projects that are not asked here: as `projects`. */
  readonly exclude?: readonly string[]
  /** Files that were uploaded after this instant (ISO 8601) are not there. */
  readonly excludeNewer?: string
}

/**
 * An index from a URL, with or without credentials.
 *
 * @param source Begins the message of a fault.
 * @throws UserError if it is not a URL that pip can use.
 */
export const indexAt = (url: string, source = 'the index'): Index => ({
  ...parseMirrorUrl(source, url),
  source,
  isOfficial: false,
})

/** The official index, as no variable and no section names it. */
export const theOfficialIndex = (): Index => ({
  ...parseMirrorUrl('the official index', officialIndex),
  isOfficial: true,
})

/** The URL of an index as installers without a relay need it. */
export const urlWithCredentials = ({ url, credentials }: Pick<Index, 'url' | 'credentials'>): string => {
  if (credentials === undefined) return url
  const { username, password, written } = credentials
  const userinfo = written ?? `${encodeURIComponent(username)}:${encodeURIComponent(password)}`
  return url.replace('://', () => `://${userinfo}@`)
}

/** What decides the list of indexes. */
export interface IndexChoice {
  /** The mirrors that the user named, in order. */
  readonly mirrors: readonly Index[]
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
export const foldersToUse = (mirrors: readonly Index[]): readonly string[] =>
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
  const official = withoutOfficial ? [] : [theOfficialIndex()]
  const asIndex = (index: Index): Index => {
    const folder = folderOfMirror(index.url)
    const local = localMirrors?.find(({ below }) => below === folder)
    return local === undefined ? index : { ...index, url: local.url, label: local.url, folder: local.folder }
  }
  if (mirrors.length > 0) {
    const lost = localMirrors === undefined ? mirrors.filter(({ url }) => folderOfMirror(url) !== undefined) : []
    const warnings = lost.map(({ source, label }) => `${source} is ${label}, but ${missing}: nothing is found there`)
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
    return local === undefined ? index : { ...index, url: local.url, label: local.url, folder: local.folder }
  })
  const lost = localMirrors === undefined ? indexes.filter(({ scheme }) => scheme === 'file') : []
  const missing = `there is no folder ${mirrorFolder}`
  const warnings = lost.map(({ label }) =>
    isEmpty
      ? `DIB_PYPI_MIRRORS names the official index alone, which is off, and ${missing}: no package can be found`
      : `DIB_PYPI_MIRRORS names ${label}, but ${missing}: nothing is found there`,
  )
  return { indexes, warnings: [...named.warnings, ...warnings] }
}

/**
 * easy_install's index, which can use one only, with its credentials.
 *
 * @returns The last mirror; the official index if there is none.
 */
export const easyInstallIndex = (indexes: readonly Index[]): string => {
  const index = indexes.filter(({ isOfficial }) => !isOfficial).at(-1) ?? indexes[0]
  return index === undefined ? '' : urlWithCredentials(index)
}

/** The indexes in order, for the log: the first is index-url. */
export const describeIndexes = (indexes: readonly Index[]): string => {
  const [first, ...others] = indexes.map(({ label }) => label)
  return `index ${first}${others.length > 0 ? `, then ${others.join(', ')}` : ''}`
}
