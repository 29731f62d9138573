import { join } from 'node:path'
import { UserError } from '../base/errors.js'
import { localMirrorUrl } from '../image/stage.js'
import { detectMirrors, type LocalMirror } from '../index/local-mirror.js'
import { folderOfMirror } from '../index/local-url.js'
import { type Index, indexAt, theOfficialIndex } from './index-list.js'

/** What decides the list of indexes, besides who names them. */
export interface Circumstances {
  /** The folder on the host where the local mirror is looked for. */
  readonly mirrorFolder: string
  /** Whether it is there, or will be made. */
  readonly hasFolder: boolean
  /** Whether builds fill it (DIB_PYPI_FILL_MIRROR), this one or an earlier one. */
  readonly isFilled: boolean
  readonly isOffline: boolean
  /** The variables that keep the official index away. */
  readonly off: readonly string[]
  readonly unreachable: 'drop' | 'keep' | 'fail'
}

/** The indexes of a build. */
export interface PlacedIndexes {
  /** In pip's order: the first that is not absent is index-url. One at least is not absent. */
  readonly indexes: readonly Index[]
  /** The folders of the local mirror that are indexes. */
  readonly localMirrors: readonly LocalMirror[]
  /** What the user should know of the choice, a line each. */
  readonly warnings: readonly string[]
}

const isTop = ({ url }: Index): boolean => folderOfMirror(url) === ''

/**
 * Decides what pip is to ask, and in which order: what is named, the official index, and the local mirror. Without any
 * of them the local mirror's URL stands alone, so that pip finds nothing rather than goes elsewhere.
 *
 * @param named What variables name, or the sections of a mirrors file.
 * @param mirrorsFile That file; undefined if variables name the mirrors, which go before the official index.
 * @throws UserError if no package can be found, and the build is to end on that.
 */
export const placeIndexes = (
  named: readonly Index[],
  mirrorsFile: string | undefined,
  { mirrorFolder, hasFolder, isFilled, isOffline, off, unreachable }: Circumstances,
): PlacedIndexes => {
  const official = mirrorsFile === undefined && off.length === 0 ? [theOfficialIndex()] : []
  const local = indexAt(localMirrorUrl, 'the local mirror')
  const isAlone = named.every(({ absent }) => absent !== undefined)
  const standIn = isAlone && (mirrorsFile === undefined ? hasFolder || official.length === 0 : true) ? [local] : []
  const listed = [...named, ...standIn, ...official]
  // Online, what is there is upstream as well, with the time of its upload.
  const isWanted = isOffline || listed.every(({ excludeNewer }) => excludeNewer === undefined)
  const kept: readonly Index[] =
    isFilled && hasFolder && isWanted && !listed.some((index) => isTop(index) && !index.projects && !index.exclude)
      ? [{ ...local, source: 'DIB_PYPI_FILL_MIRROR', ...(isOffline ? { isKept: true } : { isFilled: true }) }]
      : []
  const all = [...listed, ...kept]

  const folders = [...new Set(all.flatMap(({ url }) => folderOfMirror(url) ?? []))]
  const localMirrors = hasFolder ? detectMirrors(mirrorFolder, folders) : []
  const indexes = all.map((index): Index => {
    const below = folderOfMirror(index.url)
    const found = localMirrors.find((folder) => folder.below === below)
    if (found !== undefined) return { ...index, url: found.url, label: found.url, folder: found.folder }
    // What a section owns comes from nowhere else, although there is nothing yet.
    return mirrorsFile === undefined || below === undefined ? index : { ...index, folder: join(mirrorFolder, below) }
  })

  const missing = `there is no folder ${mirrorFolder}`
  const none =
    mirrorsFile === undefined
      ? `${missing} and no DIB_PYPI_MIRROR_URL`
      : `${missing}, ${mirrorsFile} names no other mirror`
  if (hasFolder) return { indexes, localMirrors, warnings: [] }
  if (!isAlone) {
    const lost = named.filter(({ url }) => folderOfMirror(url) !== undefined)
    const warnings = lost.map(({ source, label }) => `${source} is ${label}, but ${missing}: nothing is found there`)
    return { indexes, localMirrors, warnings }
  }
  if (official.length > 0) return { indexes, localMirrors, warnings: [`${none}: PyPI is used alone`] }
  const nothing = `${none}, and PyPI is off`
  if (unreachable === 'fail') {
    throw new UserError(
      `DIB_PYPI_UNREACHABLE is fail, and no package can be found: ${nothing}; fill the folder or set DIB_PYPI_MIRROR_URL`,
    )
  }
  return { indexes, localMirrors, warnings: [`${nothing}: no package can be found`] }
}
