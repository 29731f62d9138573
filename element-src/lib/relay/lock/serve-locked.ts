import { randomUUID } from 'node:crypto'
import { unlinkSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { errorMessage, ignoreErrors } from '../../base/errors.js'
import { faultOf } from '../../http/http-error.js'
import { newDigest } from '../../index/hashes.js'
import type { PageFile } from '../../index/page.js'
import type { RelayLog } from '../relay-log.js'
import type { ServedIndex } from '../served-index.js'
import { notFound, refuse } from '../server/reply.js'
import type { Route } from '../server/route.js'
import { type Sendable, sendFile } from '../server/send-file.js'
import { serveBytes } from '../server/serve-file.js'
import { fileAt } from '../store/temporary-file.js'
import type { Asker } from '../upstream/answer.js'
import { fetchFile } from '../upstream/fetch-file.js'
import type { Source } from '../upstream/found.js'
import { type Candidate, newLockedFiles } from './find-locked.js'

const keyOf = ({ index, file }: Candidate): string => `${index.place} ${file.url}`

/** Fetches a file that no hash is told of, and looks whether it is the lock's before an installer gets any of it. */
const fetchUnknown = async ({ index, file }: Candidate, signal: AbortSignal): Promise<Sendable | undefined> => {
  const { size = 0, hashes } = file
  const named = index.mirror?.newFile()
  const storage = named ?? fileAt(join(tmpdir(), `pypi-relay-${randomUUID()}`))
  const giveUp = async (): Promise<undefined> => {
    await storage.remove()
    return undefined
  }
  try {
    const digest = newDigest(hashes)
    const fetched = await fetchFile(index.client, { url: file.url, headers: {}, hasHash: true }, signal)
    let at = 0
    if (fetched.status === 200)
      for await (const chunk of fetched.chunks) {
        await storage.write(chunk, at)
        digest.update(chunk)
        at += chunk.length
        if (at > size) break
      }
    fetched.leave()
    if (fetched.status !== 200 || digest.isRight() !== true) return giveUp()
    const { path } = storage
    if (named !== undefined) await index.mirror?.keep(named, file.name, digest.sha256(), file, index.origin)
    // Without a name it goes with the relay, however that ends.
    if (path !== undefined) ignoreErrors(['ENOENT'], () => unlinkSync(path))
  } catch (error) {
    await giveUp()
    throw error
  }
  return {
    headers: { 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes', etag: `"${hashes['sha256']}"` },
    length: size,
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
): ((
  request: IncomingMessage,
  response: ServerResponse,
  route: Extract<Route, { kind: 'file' }>,
  asker: Asker,
) => Promise<void>) => {
  const { candidates } = newLockedFiles(indexes)
  /** Files that turned out to be others than the lock's. */
  const wrong = new Set<string>()
  const fetched = new Map<string, Promise<Sendable | undefined>>()

  const fetchOnce = (candidate: Candidate): Promise<Sendable | undefined> => {
    const key = keyOf(candidate)
    const known = fetched.get(key) ?? fetchUnknown(candidate, signal)
    fetched.set(key, known)
    known.catch(() => fetched.delete(key))
    return known
  }

  /** Returns why nothing was sent; undefined if the file was. */
  const tryOne = async (
    request: IncomingMessage,
    response: ServerResponse,
    project: string,
    candidate: Candidate,
    asker: Asker,
  ): Promise<string | undefined> => {
    const { index, file, isKnown } = candidate
    if (wrong.has(keyOf(candidate))) return 'has another file of that name'
    if (isKnown) {
      const key = `${project}~${keyOf(candidate)}`
      const other = await serveBytes(request, response, key, project, file, index, asker)
      return other && `answers ${other.status}`
    }
    const sendable = await fetchOnce(candidate)
    if (sendable === undefined) return 'has another file of that name'
    await sendFile(request, response, index.watch(project, file, sendable))
    return undefined
  }

  return async (request, response, { project, nth, name }, asker) => {
    const found = await source.filesOf(project, asker)
    const files: readonly PageFile[] = found.kind === 'page' ? found.files : []
    const locked = files.filter((file) => file.name === name)[nth]
    if (locked === undefined) return notFound(response)
    const why: string[] = []
    for await (const candidate of candidates(project, locked, asker, (line) => why.push(line))) {
      const { index, file } = candidate
      try {
        const other = await tryOne(request, response, project, candidate, asker)
        if (other === undefined) return
        why.push(`${index.config.label} ${other}`)
      } catch (error) {
        if (asker.gone.aborted) throw error
        const fault = faultOf(error)
        if (fault.kind === 'odd') wrong.add(keyOf(candidate))
        if (response.headersSent) {
          index.onFault(file, fault)
          throw fault
        }
        why.push(`${index.config.label} ${errorMessage(fault)}`)
      }
    }
    const reasons = why.length === 0 ? 'none may serve its project' : why.join('; ')
    const cause = `${name} is in the lock (DIB_PYPI_LOCK), and no mirror has it: ${reasons}`
    log.once(cause)
    refuse(response, cause)
  }
}
