import type { Environment } from '../base/command.js'
import { type Index, indexAt, theOfficialIndex } from './index-list.js'
import { mirrorVariable } from './variables.js'

/** What names the mirrors of a build: the variables, or a mirrors file. */
export interface NamedIndexes {
  /** In pip's order. */
  readonly indexes: readonly Index[]
  /** What the user should know, a line each. */
  readonly warnings: readonly string[]
  /** The variables of the caller's that hold passwords. */
  readonly passwordVariables: readonly string[]
}

const deprecated = 'PYPI_MIRROR_URL'

const suffixNumber = (name = ''): number => Number(/_([0-9]+)$/.exec(name)?.[1] ?? 0)

/**
 * The mirrors that DIB_PYPI_MIRROR_URL and its suffixed forms name, then those of the deprecated PYPI_MIRROR_URL, each
 * family in plain string order of the names. A variable that is empty counts as not set.
 *
 * @throws UserError if a value is not a URL that pip can use.
 */
export const mirrorsOfVariables = (environment: Environment): NamedIndexes => {
  const family = (prefix: string): readonly Index[] =>
    Object.entries(environment)
      // A shell, and so dib, knows no other names; one with a line break would reach the log.
      .flatMap(([variable, url]) =>
        variable.startsWith(prefix) && /^\w+$/.test(variable) && url ? [{ variable, url }] : [],
      )
      .sort((a, b) => (a.variable < b.variable ? -1 : 1))
      .map(({ variable, url }) => indexAt(url, variable))

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
  return { indexes, warnings, passwordVariables: [] }
}

/**
 * The hosts for pip's trusted-host. Since pip 7 an http index is ignored unless its host is trusted. A host is named
 * without its port: pip knows host:port only since 19.3. An https mirror's host is never added, since trust would
 * switch off the verification of its certificate (pip's documentation, `--trusted-host`). An IPv6 address goes without its
 * brackets: every pip that knows them at all knows it so.
 *
 * @returns Each host once, and a warning if trust in an http mirror also takes TLS verification from an https one.
 */
export const trustedHosts = (
  mirrors: readonly Index[],
  asked: readonly string[],
): { readonly hosts: readonly string[]; readonly warnings: readonly string[] } => {
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
