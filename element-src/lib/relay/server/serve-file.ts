import { statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpClient } from '../../http/client.js'
import { faultOf } from '../../http/http-error.js'
import { chooseHash, type Hashes } from '../../index/hashes.js'
import { fileAtUrl } from '../../index/local-url.js'
import type { PageFile } from '../../index/page.js'
import type { Downloads } from '../store/downloads.js'
import type { MirrorFolder } from '../store/mirror-folder.js'
import type { Asker, PassedOn } from '../upstream/answer.js'
import { fetchFile } from '../upstream/fetch-file.js'
import type { Source } from '../upstream/found.js'
import { type FetchMetadata, metadataHashes } from '../upstream/metadata.js'
import { notFound, passOn, refuse } from './reply.js'
import type { Route } from './route.js'
import { fileOnDisk, type Sendable, sendChunks, sendFile, uncached } from './send-file.js'

/** What files are served from. */
export interface FileParts {
  readonly downloads: Downloads | undefined
  readonly metadata: FetchMetadata
  /** The folder that is filled. */
  readonly mirror: MirrorFolder | undefined
  /** The mark of the index in it. */
  readonly origin: string
  /** What sends requests for the index; a folder's pages may link to servers. */
  readonly client: HttpClient
  /** The folder of the host in which the index' files are: the local mirror, for one in that. */
  readonly folder: string | undefined
  /** Watches what is sent of a file of a project. */
  readonly watch: (project: string, file: PageFile, sendable: Sendable) => Sendable
  /** Keeps a wheel's metadata if the folder has the wheel. */
  readonly keepMetadata: (key: string, file: PageFile, asker: Asker) => Promise<void>
  /** Called with a fault of a server, which is not always that of the index. */
  readonly onFault: (file: PageFile, fault: ReturnType<typeof faultOf>) => void
}

type FileRoute = Extract<Route, { kind: 'file' }>

/** A part that only its server can send: an installer that goes on where it was can be helped to a file on its way. */
const isRest = (range: string | undefined): boolean => range !== undefined && /^bytes=\d+-$/.test(range)

const serveLocal = async (
  request: IncomingMessage,
  response: ServerResponse,
  root: string,
  url: string,
  hashes: Hashes,
  watched = (sendable: Sendable): Sendable => sendable,
): Promise<PassedOn | undefined> => {
  const path = fileAtUrl(root, url)
  if (path === undefined) return { status: 404, reason: '', headers: {} }
  await sendFile(request, response, watched(fileOnDisk(path, statSync(path).size, chooseHash(hashes)?.digits)))
  return undefined
}

/** The bytes of one that comes from a server, whether it is kept or not. */
const serveRemote = async (
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  file: PageFile,
  { downloads, mirror, origin, client }: FileParts,
  asker: Asker,
  watched: (sendable: Sendable) => Sendable,
): Promise<PassedOn | undefined> => {
  const there = await mirror?.find(file, origin)
  if (there !== undefined) {
    const sendable = fileOnDisk(there.path, there.size, chooseHash(file.hashes)?.digits)
    await sendFile(request, response, watched(sendable))
    return undefined
  }
  const { range, 'if-range': condition } = request.headers
  const isWhole = request.method === 'GET' && range === undefined
  const download = await (isWhole
    ? downloads?.get(key, file, client, asker)
    : isRest(range) && request.method === 'GET'
      ? downloads?.join(key, asker.gone)
      : undefined)
  if (download !== undefined) {
    const { fetched, read, leave } = download
    try {
      if (fetched.status !== 200) return fetched
      await sendFile(request, response, watched({ ...fetched, read }))
      return undefined
    } finally {
      leave()
    }
  }
  const headers = {
    ...asker.headers,
    ...(range === undefined ? {} : { Range: range }),
    ...(condition === undefined ? {} : { 'If-Range': String(condition) }),
  }
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
  const asked = { url: file.url, method, headers, hasHash: chooseHash(file.hashes) !== undefined } as const
  const fetched = await fetchFile(client, asked, asker.gone)
  if (fetched.status >= 400) {
    fetched.leave()
    return fetched
  }
  // Of a HEAD, 0 is often what a server says that does not know.
  const length = method === 'HEAD' && fetched.length === 0 ? undefined : fetched.length
  response.writeHead(fetched.status, fetched.reason, {
    ...fetched.headers,
    ...uncached,
    ...(length === undefined ? {} : { 'Content-Length': length }),
  })
  if (method === 'GET') {
    const [, first = '0', total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(fetched.headers['content-range'] ?? '') ?? []
    const { read } = watched({
      headers: {},
      length: total === undefined ? length : Number(total),
      read: () => fetched.chunks,
    })
    await sendChunks(response, read(Number(first), undefined))
    return undefined
  }
  fetched.leave()
  response.end()
  return undefined
}

/**
 * Sends the bytes of a file.
 *
 * @param key What stands for the file in its index.
 * @returns What its server says instead, where it does not send it; rejected with an HttpError if it says nothing.
 */
export const serveBytes = (
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  project: string,
  file: PageFile,
  parts: FileParts,
  asker: Asker,
): Promise<PassedOn | undefined> => {
  const watched = (sendable: Sendable): Sendable => parts.watch(project, file, sendable)
  return file.url.startsWith('file:')
    ? serveLocal(request, response, parts.folder ?? '', file.url, file.hashes, watched)
    : serveRemote(request, response, key, file, parts, asker, watched)
}

const serveMetadata = async (
  request: IncomingMessage,
  response: ServerResponse,
  key: string,
  file: PageFile,
  parts: FileParts,
  asker: Asker,
): Promise<PassedOn | undefined> => {
  if (file.url.startsWith('file:'))
    return serveLocal(request, response, parts.folder ?? '', `${file.url}.metadata`, metadataHashes(file))
  const { bytes, ...answer } = await parts.metadata(key, file, parts.client, asker)
  response.writeHead(answer.status, answer.reason, { ...answer.headers, ...uncached, 'Content-Length': bytes.length })
  response.end(request.method === 'HEAD' ? undefined : bytes)
  if (answer.status === 200) await parts.keepMetadata(key, file, asker)
  return undefined
}

/** Serves a file that a page has listed, or its metadata; rejected with an HttpError if its server does not answer. */
export const serveFile = async (
  request: IncomingMessage,
  response: ServerResponse,
  index: Source,
  { project, nth, name }: FileRoute,
  parts: FileParts,
  asker: Asker,
): Promise<void> => {
  const wheel = name.endsWith('.metadata') ? name.slice(0, -'.metadata'.length) : undefined
  const found = await index.filesOf(project, asker, wheel ?? name)
  if (found.kind === 'refused') return refuse(response, found.cause)
  if (found.kind === 'answer') return passOn(response, found)
  if (found.kind === 'none') return notFound(response)
  const file = found.files.filter((one) => one.name === (wheel ?? name))[nth]
  if (file === undefined || (wheel !== undefined && file.coreMetadata === undefined)) return notFound(response)
  const key = `${project}~${nth}/${file.name}`
  try {
    const other =
      wheel === undefined
        ? await serveBytes(request, response, key, project, file, parts, asker)
        : await serveMetadata(request, response, key, file, parts, asker)
    if (other !== undefined) passOn(response, other)
  } catch (error) {
    const fault = faultOf(error)
    if (!asker.gone.aborted) parts.onFault(file, fault)
    throw fault
  }
}
