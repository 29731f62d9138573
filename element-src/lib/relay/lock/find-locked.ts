import { faultOf, HttpError } from '../../http/http-error.js'
import { digestOf } from '../../index/hashes.js'
import { fileAtUrl } from '../../index/local-url.js'
import type { PageFile } from '../../index/page.js'
import type { ServedIndex } from '../served-index.js'
import type { Asker } from '../upstream/answer.js'

/** A file of an index that may be one of the lock's. */
export interface Candidate {
  readonly index: ServedIndex
  /** What the index says of it, with the lock's hash and length. */
  readonly file: PageFile
  /** Whether it is known to be the lock's: the index says so, or it lies in a folder and was read. */
  readonly isKnown: boolean
}

/** Finds the files of a lock where indexes have them. */
export interface LockedFiles {
  /**
   * The places where a file may be, the surest first; all in the order of the indexes.
   *
   * @param say Told why an index has it not.
   */
  readonly candidates: (
    project: string,
    locked: PageFile,
    asker: Asker,
    say: (why: string) => void,
  ) => AsyncGenerator<Candidate>
}

/** Begins with nothing known. */
export const newLockedFiles = (indexes: readonly ServedIndex[]): LockedFiles => {
  const read = new Map<string, Promise<boolean>>()

  /** A folder's own word is not enough: its file may have been damaged since. */
  const isInFolder = (folder: string, { url, hashes }: PageFile): Promise<boolean> => {
    const path = fileAtUrl(folder, url)
    if (path === undefined) return Promise.resolve(false)
    const key = `${path} ${hashes['sha256']}`
    const known = read.get(key) ?? digestOf(path, hashes).then(({ isRight }) => isRight === true)
    read.set(key, known)
    return known.catch(() => false)
  }

  const pageOf = async (
    { source, config: { label } }: ServedIndex,
    project: string,
    asker: Asker,
  ): Promise<readonly PageFile[] | string> => {
    const found = await source.filesOf(project, asker).catch(faultOf)
    if (found instanceof HttpError) {
      if (asker.gone.aborted) throw found
      return `${label} ${found.message}`
    }
    if (found.kind === 'refused') return found.cause
    if (found.kind === 'answer')
      return found.status === 404 || found.status === 410 ? [] : `${label} answers ${found.status}`
    return found.kind === 'page' ? found.files : []
  }

  return {
    candidates: async function* (project, { name, size, hashes }, asker, say) {
      const unknown: Candidate[] = []
      for (const index of indexes.filter(({ isAsked }) => isAsked(project))) {
        const { folder, config } = index
        const { label } = config
        const page = await pageOf(index, project, asker)
        if (typeof page === 'string') {
          say(page)
          continue
        }
        const same = page.filter((file) => file.name === name)
        if (same.length === 0) say(`${label} does not have it`)
        for (const listed of same) {
          const file = { ...listed, size, hashes }
          const told = listed.hashes['sha256']?.toLowerCase()
          const isLocal = listed.url.startsWith('file:')
          if (isLocal ? await isInFolder(folder ?? '', file) : told === hashes['sha256'])
            yield { index, file, isKnown: true }
          else if (isLocal || told !== undefined) say(`${label} has another file of that name`)
          else unknown.push({ index, file, isKnown: false })
        }
      }
      yield* unknown
    },
  }
}
