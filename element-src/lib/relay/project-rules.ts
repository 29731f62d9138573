import { createHash } from 'node:crypto'
import { excludeNewer, type PageFile } from '../index/page.js'
import type { Index } from '../settings/index-list.js'
import { covers } from '../settings/project-patterns.js'

/** The parts of an index's configuration that say which projects it has. */
type Rules = Pick<Index, 'projects' | 'exclude' | 'isKept'>

const matches = (project: string, patterns: readonly string[] = []): boolean =>
  patterns.some((pattern) => covers(pattern, project))

/**
 * Whether an index is asked for a project. One that an index's `projects` names comes from that index alone, even while
 * it is down: otherwise a package of the same name from elsewhere would be installed. One that its `exclude` names as
 * well comes from other indexes.
 *
 * @param project Its name, normalised.
 */
export const isAskedAt = (project: string, index: Rules, all: readonly Rules[]): boolean => {
  if (index.isKept) return true
  if (matches(project, index.exclude)) return false
  if (index.projects !== undefined) return matches(project, index.projects)
  return !all.some((other) => matches(project, other.projects) && !matches(project, other.exclude))
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
