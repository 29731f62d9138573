import { localMirrorUrl } from '../handover/paths.js'
import type { NamedMirror } from './mirrors.js'
import { officialIndex } from './official-index.js'

/** What decides the list of indexes. */
export interface IndexChoice {
  /** The mirrors that the person named, in order. */
  readonly mirrors: readonly NamedMirror[]
  /** The folder on the host where the local mirror is looked for. */
  readonly mirrorFolder: string
  /** Whether that folder is there. */
  readonly hasMirrorFolder: boolean
  /** Whether DIB_OFFLINE or DIB_NO_PYPI_PIP keeps the official index away. */
  readonly withoutOfficial: boolean
}

/** The indexes of a build. */
export interface Indexes {
  /** The URLs in pip's order: the first is index-url, the others are extra-index-url. Never empty. */
  readonly urls: readonly string[]
  /** easy_install's only index: the last mirror. */
  readonly easyInstall: string
  /** What the person should know of the choice. */
  readonly warnings: readonly string[]
}

const isLocalMirror = (url: string): boolean => url.replace(/\/+$/, '') === localMirrorUrl

/**
 * Decides what pip is to ask, and in which order.
 *
 * @param choice What the person set and what the host has.
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
  const urls = withoutOfficial ? listed : [...listed, officialIndex]
  return { urls, easyInstall: listed.at(-1) ?? officialIndex, warnings }
}
