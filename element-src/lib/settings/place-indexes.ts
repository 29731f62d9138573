import { join } from 'node:path'
import type { Environment } from '../base/command.js'
import { UserError } from '../base/errors.js'
import { localMirrorUrl } from '../image/stage.js'
import { detectMirrors } from '../index/local-mirror.js'
import { folderOfMirror } from '../index/local-url.js'
import { type Index, indexAt, theOfficialIndex } from './index-list.js'
import { mirrorVariable, type Variables } from './variables.js'

const deprecated = 'PYPI_MIRROR_URL'

const suffixNumber = (name = ''): number => Number(/_([0-9]+)$/.exec(name)?.[1] ?? 0)

/**
 * The mirrors that DIB_PYPI_MIRROR_URL and its suffixed forms name, then those of the deprecated PYPI_MIRROR_URL, each
 * family in plain string order of the names. A variable that is empty counts as not set. Throws as indexAt.
 */
export const mirrorsOfVariables = (environment: Environment) => {
  const family = (prefix: string): readonly Index[] =>
    Object.entries(environment)
      // A shell, and so dib, knows no other names; one with a line break would reach the log.
      .filter(([variable, url]) => variable.startsWith(prefix) && /^\w+$/.test(variable) && url)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([variable, url = '']) => indexAt(url, variable))

  const named = family(mirrorVariable)
  const old = family(deprecated)
  const indexes = [...named, ...old]
  const names = (list: readonly Index[]): string => list.map(({ source }) => source).join(', ')
  const isNumberOrder = [named, old].every((list) =>
    list.every((mirror, i) => i === 0 || suffixNumber(mirror.source) >= suffixNumber(list[i - 1]?.source)),
  )
  const warnings = [
    ...(old.length > 0 ? [`${names(old)}: the name ${deprecated} is deprecated, use ${mirrorVariable} instead`] : []),
    ...(isNumberOrder
      ? []
      : [`the mirrors' order is that of their variables' names as strings, not as numbers: ${names(indexes)}`]),
  ]
  return { indexes, warnings }
}

/**
 * The hosts for pip's trusted-host. Since pip 7 an http index is ignored unless its host is trusted. A host is named
 * without its port: pip knows host:port only since 19.3. An https mirror's host is never added, since trust would
 * switch off the verification of its certificate (pip's documentation, `--trusted-host`). An IPv6 address goes without its
 * brackets: every pip that knows them at all knows it so. A warning says if trust in an http mirror also takes TLS verification
 * from an https one.
 */
export const trustedHosts = (mirrors: readonly Index[], asked: readonly string[]) => {
  const hostsOf = (wanted: Index['scheme'], among: readonly Index[]): readonly string[] =>
    among.filter(({ scheme }) => scheme === wanted).map(({ host }) => host)
  const http = hostsOf('http', mirrors)
  const https = hostsOf('https', [...mirrors, theOfficialIndex()]).map((host) => host.toLowerCase())
  const shared = new Set(http.filter((host) => https.includes(host.toLowerCase())))
  const warnings = [...shared].map(
    (host) =>
      `${host} serves an http and an https index, so pip does not verify the certificate of the https one: use https for both`,
  )
  return { hosts: [...new Set([...http, ...asked])], warnings }
}

/**
 * Decides what pip is to ask, and in which order: what is named, the official index, and the local mirror. Without any
 * of them the local mirror's URL stands alone, so that pip finds nothing rather than goes elsewhere.
 *
 * @param hasFolder Whether the local mirror's folder is there, or will be made.
 * @returns The indexes in pip's order: the first that is not absent is index-url, and one at least is not absent; the folders of
 *   the local mirror that are indexes; and what the user should know of the choice, a line each.
 * @throws UserError if no package can be found, and the build is to end on that.
 */
export const placeIndexes = (
  named: readonly Index[],
  variables: Variables,
  mirrorFolder: string,
  hasFolder: boolean,
) => {
  const { DIB_PYPI_MIRRORS: mirrorsFile, DIB_OFFLINE: isOffline } = variables
  const official = mirrorsFile === undefined && variables.off.length === 0 ? [theOfficialIndex()] : []
  const local = indexAt(localMirrorUrl, 'the local mirror')
  const isAlone = named.every(({ absent }) => absent !== undefined)
  const standIn = isAlone && (hasFolder || official.length === 0) ? [local] : []
  const listed = [...named, ...standIn, ...official]
  // Online, what is there is upstream as well, with the time of its upload.
  const isWanted = isOffline || listed.every(({ excludeNewer }) => excludeNewer === undefined)
  const kept: readonly Index[] =
    variables.DIB_PYPI_FILL_MIRROR &&
    hasFolder &&
    isWanted &&
    !listed.some(({ url, projects, exclude }) => folderOfMirror(url) === '' && !projects && !exclude)
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

  const tellMissing = (): readonly string[] => {
    const missing = `there is no folder ${mirrorFolder}`
    const lost = named.filter(({ url }) => folderOfMirror(url) !== undefined)
    if (!isAlone)
      return lost.map(({ source, label }) => `${source} is ${label}, but ${missing}: nothing is found there`)
    const other = mirrorsFile === undefined ? ' and no DIB_PYPI_MIRROR_URL' : `, ${mirrorsFile} names no other mirror`
    if (official.length > 0) return [`${missing}${other}: PyPI is used alone`]
    const nothing = `${missing}${other}, and PyPI is off`
    if (variables.DIB_PYPI_UNREACHABLE !== 'fail') return [`${nothing}: no package can be found`]
    throw new UserError(
      `DIB_PYPI_UNREACHABLE is fail, and no package can be found: ${nothing}; fill the folder or set DIB_PYPI_MIRROR_URL`,
    )
  }
  return { indexes, localMirrors, warnings: hasFolder ? [] : tellMissing() }
}
