import { createHash } from 'node:crypto'
import { relative } from 'node:path'
import { openFolder } from '../../index/folder.js'
import { excludeNewer, type PageFile } from '../../index/page.js'
import type { Index } from '../../settings/index-list.js'
import { isAskedAt } from '../../settings/project-patterns.js'
import type { Shared, Source } from './source.js'

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

/**
 * A folder of the host as an index. What is wrong in it extra-data.d says.
 *
 * @param folder Its own, in the local mirror if there is one.
 */
export const folderIndex = ({ config, log }: Shared, index: Index, folder: string): Source => {
  const { mirror = folder, named = config.indexes, lock } = config
  const { files, projects } = openFolder(mirror, relative(mirror, folder))
  // What a lock has it has by its hash.
  const isAnyones = !index.isKept || lock !== undefined
  const refuse = (why: string) => {
    const cause = `${index.label} ${why}`
    log.warn(cause)
    return { kind: 'refused', cause } as const
  }
  const find: Source['find'] = async (project) => {
    try {
      const found = files(project)
      const all = found.filter((file) => isAnyones || isKeptFor(project, file, named))
      const other = found.find((file) => !all.includes(file))
      if (other !== undefined)
        log.once(
          `${other.name} in ${folder} is not used: no build kept it from an index that the mirrors file asks for ${project}. Build once online with DIB_PYPI_FILL_MIRROR`,
        )
      if (all.length === 0) return { kind: 'none' }
      const old = excludeNewer(all, index.excludeNewer)
      return old === undefined
        ? refuse(`names no upload times of ${project}, so exclude-newer cannot be kept: leave exclude-newer out for it`)
        : { kind: 'page', files: old, links: [] }
    } catch (error) {
      return refuse(`cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { projects, find, filesOf: find }
}
