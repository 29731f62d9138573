import { randomUUID } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorMessage } from '../../base/errors.js'
import type { RelayLog } from '../../base/log.js'
import { newOnce } from '../../base/waiting.js'
import { faultOf } from '../../http/http-error.js'
import { newDigest, type PageFile } from '../../index/page.js'
import type { Arrival } from '../../receipt/bill.js'
import { indexAt } from '../../settings/index-list.js'
import type { ServedIndex } from '../served-index.js'
import { type Call, refuse, type Sendable, sendFile } from '../server/reply.js'
import type { FileRoute } from '../server/route.js'
import { fileOrReply, serveBytes } from '../server/serve.js'
import { unnamedFile } from '../store/growing-file.js'
import { fetchFile } from '../upstream/fetch-file.js'
import type { Found, Source } from '../upstream/source.js'
import { type Candidate, lockedFile, newFinder } from './find-locked.js'

/** What installers see of a lock: one index, whose host their paths show. */
export const lockedIndex = indexAt('http://lock')

/** The files of a lock as an index: no server is asked for its pages. */
export const lockedSource = (lock: readonly Arrival[], log: RelayLog): Source => {
  const projects = new Map<string, PageFile[]>()
  for (const arrival of lock)
    projects.set(arrival.project, [...(projects.get(arrival.project) ?? []), lockedFile(arrival)])
  const find = async (project: string): Promise<Found> => {
    const files = projects.get(project)
    if (files !== undefined) return { kind: 'page', files, links: [] }
    log.once(`${project} is not in the lock (DIB_PYPI_LOCK): the relay answers that there is no such project`)
    return { kind: 'none' }
  }
  return { find, filesOf: find, projects: () => [...projects.keys()].sort() }
}

/** Fetches a file that no hash is told of, and looks whether it is the lock's before an installer gets any of it. */
const fetchUnknown = async ({ index, file }: Candidate, signal: AbortSignal): Promise<Sendable | undefined> => {
  const { size = 0, hashes } = file
  // Without a name it goes with the relay, however that ends.
  const storage = index.mirror?.newUnnamed() ?? unnamedFile(join(tmpdir(), `pypi-relay-${randomUUID()}`))
  try {
    const digest = newDigest(hashes)
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
    if (fetched.status !== 200 || digest.isRight() !== true) {
      await storage.remove()
      return undefined
    }
    await index.mirror?.keep(storage, file.name, digest.sha256(), file, index.origin)
  } catch (error) {
    await storage.remove()
    throw error
  }
  return {
    headers: { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', etag: `"${hashes['sha256']}"` },
    length: size,
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

/** Serves the files of a lock, each from the first index that has it. */
export const lockedFileServer = (
  indexes: readonly ServedIndex[],
  source: Source,
  log: RelayLog,
  signal: AbortSignal,
) => {
  const find = newFinder(indexes)
  /** Files that turned out to be others than the lock's. */
  const wrong = new Set<string>()
  const once = newOnce<Sendable | undefined>()

  /** Returns why nothing was sent; undefined if the file was. */
  const tryOne = async (call: Call, candidate: Candidate): Promise<string | undefined> => {
    const { index, project, file, key, isKnown } = candidate
    if (isKnown && !wrong.has(key)) {
      const other = await serveBytes(call, candidate)
      return other && `answers ${other.status}`
    }
    const sendable = wrong.has(key) ? undefined : await once(key, () => fetchUnknown(candidate, signal))
    if (sendable === undefined) return 'has another file of that name'
    return sendFile(call, index.watch(project, file, sendable))
  }

  return async (call: Call, route: FileRoute): Promise<void> => {
    const locked = await fileOrReply(call, source, route)
    if (locked === undefined) return
    const why: string[] = []
    for await (const candidate of find(route.project, locked, call.asker, (line) => why.push(line))) {
      const { index, file, key } = candidate
      try {
        const other = await tryOne(call, candidate)
        if (other === undefined) return
        why.push(`${index.config.label} ${other}`)
      } catch (error) {
        if (call.asker.gone.aborted) throw error
        const fault = faultOf(error)
        if (fault.kind === 'odd') wrong.add(key)
        if (call.response.headersSent) {
          index.onFault(file, fault)
          throw fault
        }
        why.push(`${index.config.label} ${errorMessage(fault)}`)
      }
    }
    const reasons = why.length === 0 ? 'none may serve its project' : why.join('; ')
    const cause = `${locked.name} is in the lock (DIB_PYPI_LOCK), and no mirror has it: ${reasons}`
    log.once(cause)
    refuse(call, cause)
  }
}
