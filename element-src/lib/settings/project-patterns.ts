import { createHash } from 'node:crypto'
import { normaliseName } from '../index/distribution-file.js'
import { excludeNewer, type PageFile } from '../index/page.js'
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

/** Whether a project's name, or a pattern, is among the names and patterns of a list. */
const isAmong = (name: string, patterns: readonly string[] = []): boolean =>
  patterns.some((pattern) => covers(pattern, name))

/** The rules of an index that say which projects it has. */
type Rules = Pick<Index, 'projects' | 'exclude' | 'isKept'>

/** Two patterns of `projects` of two indexes that a name matches which neither excludes; undefined if no project is of both. */
export const sharedPatterns = (one: Rules, other: Rules): readonly [string, string] | undefined => {
  for (const a of one.projects ?? [])
    for (const b of other.projects ?? [])
      if (overlap(a, b) && !isAmong(a, other.exclude) && !isAmong(b, one.exclude)) return [a, b]
  return undefined
}

/**
 * Whether an index is asked for a project. One that an index's `projects` names comes from that index alone, even while
 * it is down: otherwise a package of the same name from elsewhere would be installed. One that its `exclude` names as
 * well comes from other indexes.
 *
 * @param project Its name, normalised.
 */
export const isAskedAt = (project: string, index: Rules, all: readonly Rules[]): boolean => {
  if (index.isKept) return true
  if (isAmong(project, index.exclude)) return false
  if (index.projects !== undefined) return isAmong(project, index.projects)
  return !all.some((other) => isAmong(project, other.projects) && !isAmong(project, other.exclude))
}

/** Stands for an index in a folder that builds fill, which the image sees: a URL's path may hold a secret. */
export const markOf = ({ url, namedUrl = url }: Pick<Index, 'url' | 'namedUrl'>): string =>
  createHash('sha256')
    .update(namedUrl.replace(/\/*(?:[?#].*)?$/, ''))
    .digest('hex')
    .slice(0, 16)

/**
 * Whether a file of the folder that builds filled may be used. It is under the rules of the indexes that it was kept from;
 * what has come in another way, or from indexes of other builds, is that of an index without rules.
 *
 * @param all What the user names in this build.
 */
export const isKeptFor = (project: string, file: PageFile, all: readonly Index[]): boolean => {
  const origins = all.filter((index) => file.origins?.includes(markOf(index)))
  if (origins.length > 0)
    return origins.some(
      (index) => isAskedAt(project, index, all) && (excludeNewer([file], index.excludeNewer)?.length ?? 0) > 0,
    )
  return isAskedAt(project, {}, all) && all.every((index) => index.excludeNewer === undefined)
}
