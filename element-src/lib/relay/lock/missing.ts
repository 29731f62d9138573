import { UserError } from '../../base/errors.js'
import type { ServedIndex } from '../served-index.js'
import type { Source } from '../upstream/found.js'
import { newLockedFiles } from './find-locked.js'

/**
 * Makes sure that a build without servers will have each file of its lock.
 *
 * @throws UserError if one is not in the folders: all that are missing.
 */
export const checkFolders = async (indexes: readonly ServedIndex[], source: Source): Promise<void> => {
  if (indexes.some(({ config }) => config.folder === undefined)) return
  const { candidates } = newLockedFiles(indexes)
  const asker = { headers: {}, gone: new AbortController().signal }
  const missing: string[] = []
  for (const project of source.projects()) {
    const found = await source.find(project, asker)
    for (const file of found.kind === 'page' ? found.files : []) {
      const others: string[] = []
      const say = (why: string): void => {
        if (why.endsWith('has another file of that name')) others.push(' (another file has its name)')
      }
      const { value } = await candidates(project, file, asker, say).next()
      if (value?.isKnown !== true) missing.push(`${file.name}${others[0] ?? ''}`)
    }
  }
  if (missing.length === 0) return
  const where = indexes.map(({ config }) => config.folder).join(', ') || 'a folder, since there is no local mirror'
  throw new UserError(
    `DIB_PYPI_LOCK: no server is asked, and ${missing.length} file${missing.length === 1 ? '' : 's'} of the lock ${missing.length === 1 ? 'is' : 'are'} not in ${where}: ${missing.join(', ')}; copy them there, or build online`,
  )
}
