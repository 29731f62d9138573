import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { UserError } from '../base/errors.js'
import { count, type RelayLog } from '../base/log.js'
import { newOnce } from '../base/waiting.js'
import { faultOf, HttpError } from '../http/http-error.js'
import { digestOf, isLocal, newDigest, type PageFile } from '../index/page.js'
import type { Arrival } from '../receipt/bill.js'
import { indexAt } from '../settings/index-list.js'
import type { ServedIndex, WantedFile } from './served-index.js'
import { type Call, fileOnDisk, refuse, type Sendable, sendFile } from './server/reply.js'
import type { FileRoute } from './server/route.js'
import { fileOrReply, serveBytes } from './server/serve.js'
import { unnamedFile } from './store/growing-file.js'
import { fetchFile } from './upstream/fetch-file.js'
import type { Asker, Found, Shared, Source } from './upstream/source.js'

/** What installers see of a lock: one index, whose host their paths show. */
export const lockedIndex = indexAt('http://lock')

/** A file of a lock as pages list it. Neither yanked, which pip and uv refuse unpinned, nor with metadata, whose hash the lock does not have. */
const lockedFile = ({ name, sha256, size, uploadTime, requiresPython }: Arrival): PageFile => {
  const hashes = { sha256 }
  return { name, url: `lock:${sha256}`, hashes, size, uploadTime, requiresPython }
}

/** The files of a lock as an index: no server is asked for its pages. */
const lockedSource = (lock: readonly Arrival[], log: RelayLog): Source => {
  const find = async (project: string): Promise<Found> => {
    const files = lock.filter((arrival) => arrival.project === project).map(lockedFile)
    if (files.length > 0) return { kind: 'page', files, links: [] }
    log.once(`${project} is not in the lock (DIB_PYPI_LOCK): the relay answers that there is no such project`)
    return { kind: 'none' }
  }
  return { find, filesOf: find, projects: () => [...new Set(lock.map(({ project }) => project))].sort() }
}

/** A file of an index that may be one of the lock's, of which it has hash and length; known to be it if the index says so, or it was read in a folder. */
type Candidate = WantedFile & { readonly isKnown: boolean }

/** The files of a project at an index, or why it has none. */
const filesAt = async (
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
  if (found.kind === 'answer' && found.note !== undefined) return `${label} answers ${found.status}`
  return found.kind === 'page' ? found.files : []
}

const isAnother = 'has another file of that name'

type Finder = ReturnType<typeof newFinder>

const newFinder = (indexes: readonly ServedIndex[]) => {
  const once = newOnce<boolean>()

  /** A folder's own word is not enough: its file may have been damaged since. */
  const isInFolder = async (index: ServedIndex, file: PageFile): Promise<boolean> => {
    const path = (await index.findFile(file))?.path
    if (path === undefined) return false
    const key = `${path} ${file.hashes['sha256']}`
    return once(key, async () => (await digestOf(path, file.hashes)).isRight === true).catch(() => false)
  }

  /** The places where a file may be, the surest first, and why an index has it not; all in the order of the indexes. */
  return async function* (
    project: string,
    { name, size, hashes }: PageFile,
    asker: Asker,
  ): AsyncGenerator<Candidate | string> {
    const unknown: Candidate[] = []
    for (const index of indexes.filter(({ isAsked }) => isAsked(project))) {
      const { label } = index.config
      const files = await filesAt(index, project, asker)
      const same = typeof files === 'string' ? [] : files.filter((file) => file.name === name)
      if (same.length === 0) yield typeof files === 'string' ? files : `${label} does not have it`
      for (const listed of same) {
        const file = { ...listed, size, hashes }
        const candidate = { index, project, key: `${project}~${index.place} ${file.url}`, file }
        const told = listed.hashes['sha256']?.toLowerCase()
        const isHere = isLocal(listed)
        if (isHere ? await isInFolder(index, file) : told === hashes['sha256']) yield { ...candidate, isKnown: true }
        else if (isHere || told !== undefined) yield `${label} ${isAnother}`
        else unknown.push({ ...candidate, isKnown: false })
      }
    }
    yield* unknown
  }
}

/** Makes sure that a build without servers will have each file of its lock; rejected with a UserError that names all that are missing. */
const checkFolders = async (lock: readonly Arrival[], indexes: readonly ServedIndex[], find: Finder): Promise<void> => {
  const folders = indexes.map(({ config }) => config.folder)
  if (folders.includes(undefined)) return
  const asker = { headers: {}, gone: new AbortController().signal }
  const missing: string[] = []
  for (const arrival of [...lock].sort((one, other) => (one.project < other.project ? -1 : 1))) {
    let [isThere, hasAnother] = [false, false]
    for await (const one of find(arrival.project, lockedFile(arrival), asker)) {
      isThere = typeof one !== 'string' && one.isKnown
      // No file is read in a second folder for nothing.
      if (isThere) break
      hasAnother ||= typeof one === 'string' && one.endsWith(isAnother)
    }
    if (!isThere) missing.push(`${arrival.name}${hasAnother ? ' (another file has its name)' : ''}`)
  }
  if (missing.length === 0) return
  const where = folders.join(', ') || 'a folder, since there is no local mirror'
  throw new UserError(
    `DIB_PYPI_LOCK: no server is asked, and ${count(missing.length, 'file')} of the lock ${missing.length === 1 ? 'is' : 'are'} not in ${where}: ${missing.join(', ')}; copy them there, or build online`,
  )
}

/** Fetches a file that no hash is told of; rejected with an HttpError if it is not the lock's, before an installer gets any of it. */
const fetchUnknown = async ({ index, file }: Candidate, signal: AbortSignal): Promise<Sendable> => {
  const { size = 0 } = file
  // Without a name it goes with the relay, however that ends.
  const storage = index.mirror?.newUnnamed() ?? unnamedFile(join(tmpdir(), `pypi-relay-${randomUUID()}`))
  try {
    const digest = newDigest(file.hashes)
    const fetched = await fetchFile(index.send, file, { headers: {}, signal })
    let length = 0
    if (fetched.status === 200)
      for await (const chunk of fetched.chunks) {
        await storage.write(chunk, length)
        digest.update(chunk)
        length += chunk.length
        if (length > size) break
      }
    fetched.leave()
    if (fetched.status !== 200) throw new HttpError('connection', `answers ${fetched.status}`)
    if (digest.isRight() !== true) throw new HttpError('odd', isAnother)
    await index.mirror?.keep(storage, file.name, digest.sha256(), file, index.origin)
  } catch (error) {
    await storage.remove()
    throw error
  }
  return {
    ...fileOnDisk({ path: '', size }, file),
    // Of what nobody refers to, Node.js closes the file: it goes with this.
    read: async function* (from, to = size) {
      for (let at = from; at < to; ) {
        const chunk = await storage.read(at, to - at, Buffer.allocUnsafe(64 * 1024))
        if (chunk.length === 0) throw new Error('a file of the relay has become shorter')
        yield chunk
        at += chunk.length
      }
    },
  }
}

/**
 * Opens a lock.
 *
 * @returns The index that installers are told of, and what serves its files, each from the first index that has it; rejected with a
 *   UserError if no server is asked, and the folders lack a file.
 */
export const openLock = async (lock: readonly Arrival[], indexes: readonly ServedIndex[], { log, signal }: Shared) => {
  const source = lockedSource(lock, log)
  const find = newFinder(indexes)
  await checkFolders(lock, indexes, find)
  /** Files that turned out to be others than the lock's. */
  const wrong = new Set<string>()
  const once = newOnce<Sendable>()

  const serve = async (call: Call, route: FileRoute): Promise<void> => {
    const locked = await fileOrReply(call, source, route)
    if (locked === undefined) return
    const why: string[] = []
    for await (const found of find(route.project, locked, call.asker)) {
      if (typeof found === 'string') {
        why.push(found)
        continue
      }
      const { index, project, file, key, isKnown } = found
      try {
        if (wrong.has(key)) throw new HttpError('odd', isAnother)
        const other = isKnown
          ? await serveBytes(call, found)
          : await sendFile(call, index.watch(project, file, await once(key, () => fetchUnknown(found, signal))))
        if (other === undefined) return
        why.push(`${index.config.label} answers ${other.status}`)
      } catch (error) {
        if (call.asker.gone.aborted) throw error
        const fault = faultOf(error)
        if (fault.kind === 'odd') wrong.add(key)
        if (call.response.headersSent) {
          index.onFault(file, fault)
          throw fault
        }
        why.push(`${index.config.label} ${fault.message}`)
      }
    }
    const cause = `${locked.name} is in the lock (DIB_PYPI_LOCK), and no mirror has it: ${why.join('; ') || 'none may serve its project'}`
    log.once(cause)
    refuse(call, cause)
  }
  return { source, serve }
}
