import type { Environment } from '../base/environment.js'
import { type Index, indexAt } from './index-list.js'

/** What the variables of mirrors' names say. */
export interface NamedMirrors {
  /** The mirrors, in the order in which pip gets them. */
  readonly mirrors: readonly Index[]
  /** What the user should know of the variables' names. */
  readonly notes: readonly string[]
}

const current = 'DIB_PYPI_MIRROR_URL'
const deprecated = 'PYPI_MIRROR_URL'

const suffixNumber = (name = ''): number => Number(/_([0-9]+)$/.exec(name)?.[1] ?? 0)

/**
 * Collects the mirrors that the user named: DIB_PYPI_MIRROR_URL and its suffixed forms, then the deprecated
 * PYPI_MIRROR_URL ones, each family in plain string order of the names. A variable that is empty counts as not set.
 *
 * @param environment The environment of the hook on the host.
 * @returns The mirrors in their order, and what to tell the user of it.
 * @throws UserError where a value is no URL that pip can use.
 */
export const namedMirrors = (environment: Environment): NamedMirrors => {
  const family = (prefix: string): readonly Index[] =>
    Object.entries(environment)
      // A shell, and so dib, knows no other names; one with a line break would reach the log.
      .flatMap(([variable, url]) =>
        variable.startsWith(prefix) && /^\w+$/.test(variable) && url ? [{ variable, url }] : [],
      )
      .sort((a, b) => (a.variable < b.variable ? -1 : 1))
      .map(({ variable, url }) => indexAt(url, variable))

  const named = family(current)
  const old = family(deprecated)
  const mirrors = [...named, ...old]
  const notes: string[] = []
  if (old.length > 0) {
    const names = old.map(({ source }) => source).join(', ')
    notes.push(`${names}: the name ${deprecated} is deprecated, use ${current} instead`)
  }
  const isNumberOrder = [named, old].every((list) =>
    list.every((mirror, i) => i === 0 || suffixNumber(mirror.source) >= suffixNumber(list[i - 1]?.source)),
  )
  if (!isNumberOrder) {
    const names = mirrors.map(({ source }) => source).join(', ')
    notes.push(`the mirrors' order is that of their variables' names as strings, not as numbers: ${names}`)
  }
  return { mirrors, notes }
}
