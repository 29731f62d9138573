import { normaliseName } from '../index/distribution-file.js'
import type { Index } from './index-list.js'

/**
 * Reads a list of projects' names and patterns, with `*` for any characters, separated by commas or white space.
 *
 * @returns Them in their normalised form (PEP 503), each once; undefined if one is not a name.
 */
export const parsePatterns = (text: string): readonly string[] | undefined => {
  const words = text.split(/[,\s]+/).filter(Boolean)
  if (words.length === 0 || !words.every((word) => /^[a-z0-9*](?:[a-z0-9._*-]*[a-z0-9*])?$/i.test(word)))
    return undefined
  return [...new Set(words.map((word) => normaliseName(word).replace(/\*+/g, '*')))]
}

/** Whether there is a name that two patterns match. A name without `*` is a pattern as well. */
export const overlap = (a: string, b: string): boolean => {
  if (a === '' || b === '') return /^\**$/.test(a + b)
  if (a.startsWith('*')) return overlap(a.slice(1), b) || overlap(a, b.slice(1))
  if (b.startsWith('*')) return overlap(b, a)
  return a[0] === b[0] && overlap(a.slice(1), b.slice(1))
}

/**
 * Whether a pattern matches each name that another one matches: `corp-*` covers `corp-old-*` and `corp-lib`. Both are
 * normalised: no other sign than `*` means something in a regular expression.
 */
export const covers = (pattern: string, other: string): boolean =>
  new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(other)

/**
 * Two patterns of `projects` of two indexes that a name matches which neither excludes; undefined if no project is of both.
 */
export const sharedPatterns = (
  one: Pick<Index, 'projects' | 'exclude'>,
  other: Pick<Index, 'projects' | 'exclude'>,
): readonly [string, string] | undefined => {
  const isExcluded = (name: string, { exclude = [] }: typeof one): boolean =>
    exclude.some((pattern) => covers(pattern, name))
  for (const a of one.projects ?? [])
    for (const b of other.projects ?? [])
      if (overlap(a, b) && !isExcluded(a, other) && !isExcluded(b, one)) return [a, b]
  return undefined
}
