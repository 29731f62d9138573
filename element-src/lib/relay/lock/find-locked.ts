import { UserError } from '../../base/errors.js'
import { count } from '../../base/log.js'
import { newOnce } from '../../base/waiting.js'
import { faultOf, HttpError } from '../../http/http-error.js'
import { digestOf, type PageFile } from '../../index/page.js'
import type { Arrival } from '../../receipt/bill.js'
import { isLocal, type ServedIndex, type WantedFile } from '../served-index.js'
import type { Asker } from '../upstream/source.js'

/** A file of a lock as pages list it. Neither yanked, which pip and uv refuse unpinned, nor with metadata, whose hash the lock does not have. */
export const lockedFile = ({ file, sha256, length, uploaded, requiresPython }: Arrival): PageFile => ({
  name: file,
  url: `lock:${sha256}`,
  hashes: { sha256 },
  size: length,
  uploadTime: uploaded,
  requiresPython,
})

/** A file of an index that may be one of the lock's, of which it has hash and length. */
export interface Candidate extends WantedFile {
  /** Whether it is known to be the lock's: the index says so, or it lies in a folder and was read. */
  readonly isKnown: boolean
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
  if (found.kind === 'answer' && found.status !== 404 && found.status !== 410) return `${label} answers ${found.status}`
  return found.kind === 'page' ? found.files : []
}

const isAnother = 'has another file of that name'

/** Begins with nothing known of the files of a lock. */
export const newFinder = (indexes: readonly ServedIndex[]) => {
  const once = newOnce<boolean>()

  /** A folder's own word is not enough: its file may have been damaged since. */
  const isInFolder = (index: ServedIndex, { url, hashes }: PageFile): Promise<boolean> => {
    const path = index.findLocal(url)?.path
    if (path === undefined) return Promise.resolve(false)
    const key = `${path} ${hashes['sha256']}`
    return once(key, async () => (await digestOf(path, hashes)).isRight === true).catch(() => false)
  }

  /**
   * The places where a file may be, the surest first; all in the order of the indexes.
   *
   * @param say Told why an index has it not.
   */
  return async function* (
    project: string,
    { name, size, hashes }: PageFile,
    asker: Asker,
    say: (why: string) => void,
  ): AsyncGenerator<Candidate> {
    const unknown: Candidate[] = []
    for (const index of indexes.filter(({ isAsked }) => isAsked(project))) {
      const { label } = index.config
      const page = await pageOf(index, project, asker)
      if (typeof page === 'string') {
        say(page)
        continue
      }
      const same = page.filter((file) => file.name === name)
      if (same.length === 0) say(`${label} does not have it`)
      for (const listed of same) {
        const file = { ...listed, size, hashes }
        const candidate = { index, project, key: `${project}~${index.place} ${file.url}`, file }
        const told = listed.hashes['sha256']?.toLowerCase()
        const isHere = isLocal(listed)
        if (isHere ? await isInFolder(index, file) : told === hashes['sha256']) yield { ...candidate, isKnown: true }
        else if (isHere || told !== undefined) say(`${label} ${isAnother}`)
        else unknown.push({ ...candidate, isKnown: false })
      }
    }
    yield* unknown
  }
}

/**
 * Makes sure that a build without servers will have each file of its lock.
 *
 * @throws UserError if one is not in the folders: all that are missing.
 */
export const checkFolders = async (indexes: readonly ServedIndex[], lock: readonly Arrival[]): Promise<void> => {
  if (indexes.some(({ config }) => config.folder === undefined)) return
  const find = newFinder(indexes)
  const asker = { headers: {}, gone: new AbortController().signal }
  const missing: string[] = []
  for (const arrival of [...lock].sort((one, other) => (one.project < other.project ? -1 : 1))) {
    let more = ''
    const say = (why: string): void => {
      if (why.endsWith(isAnother)) more = ' (another file has its name)'
    }
    const { value } = await find(arrival.project, lockedFile(arrival), asker, say).next()
    if (value?.isKnown !== true) missing.push(`${arrival.file}${more}`)
  }
  if (missing.length === 0) return
  const where = indexes.map(({ config }) => config.folder).join(', ') || 'a folder, since there is no local mirror'
  throw new UserError(
    `DIB_PYPI_LOCK: no server is asked, and ${count(missing.length, 'file')} of the lock ${missing.length === 1 ? 'is' : 'are'} not in ${where}: ${missing.join(', ')}; copy them there, or build online`,
  )
}
