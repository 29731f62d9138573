import { faultOf } from '../../http/http-error.js'
import { chooseHash, type PageFile } from '../../index/page.js'
import { formFor, mediaTypes, renderPage, renderRoot } from '../../index/render.js'
import { isUndescribed, watchWheel } from '../../index/wheel-metadata.js'
import { isLocal, keyOf, type ServedIndex, type WantedFile } from '../served-index.js'
import { fetchFile, metadataHashes } from '../upstream/fetch-file.js'
import type { PassedOn, Source } from '../upstream/source.js'
import {
  type Call,
  fileOnDisk,
  notFound,
  pageOrReply,
  passOn,
  type Sendable,
  sendBytes,
  sendChunks,
  sendFile,
  uncached,
} from './reply.js'
import type { FileRoute } from './route.js'

const sendPage = (call: Call, render: (form: 'html' | 'json') => string): void => {
  const form = formFor(call.request.headers.accept)
  sendBytes(call, { 'Content-Type': mediaTypes[form], Vary: 'Accept' }, Buffer.from(render(form)))
}

/** Serves the page of an index itself. */
export const serveRoot = (call: Call, index: Source): void =>
  sendPage(call, (form) => renderRoot(index.projects(), form))

/** Where files are, as routes read it: a page may have several files of one name. */
export const pathsOf = (project: string): ((file: PageFile) => string) => {
  const seen = new Map<string, number>()
  return ({ name }) => {
    const nth = seen.get(name) ?? 0
    seen.set(name, nth + 1)
    return `../../files/${project}${nth === 0 ? '' : `~${nth}`}/${encodeURIComponent(name)}`
  }
}

/** Serves the page of a project, by its normalised name, with links to the relay. */
export const servePage = async (call: Call, project: string, index: Source): Promise<void> => {
  const page = pageOrReply(call, await index.find(project, call.asker))
  if (page !== undefined) sendPage(call, (form) => renderPage(project, page, pathsOf(project), form))
}

const gone: PassedOn = { status: 404, reason: '', headers: {} }

/** The bytes of a file as its server sends them, whole or in parts. */
const passBytes = async (
  { request, response, asker }: Call,
  { index, project, key, file }: WantedFile,
): Promise<PassedOn | undefined> => {
  const { range, 'if-range': condition } = request.headers
  const headers = {
    ...asker.headers,
    ...(range === undefined ? {} : { Range: range }),
    ...(condition === undefined ? {} : { 'If-Range': String(condition) }),
  }
  const method = request.method === 'HEAD' ? 'HEAD' : 'GET'
  const asked = { url: file.url, method, headers, hasHash: chooseHash(file.hashes) !== undefined } as const
  const fetched = await fetchFile(index.send, asked, asker.gone)
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
  if (method === 'HEAD') {
    fetched.leave()
    response.end()
    return undefined
  }
  const [, first = '0', total] = /^bytes (\d+)-\d+\/(\d+)$/.exec(fetched.headers['content-range'] ?? '') ?? []
  const whole = total === undefined ? length : Number(total)
  const chunks =
    fetched.status === 200 && isUndescribed(file)
      ? watchWheel(fetched.chunks, (metadata) => index.onMetadata(key, metadata))
      : fetched.chunks
  const { read } = index.watch(project, file, { headers: {}, length: whole, read: () => chunks })
  return sendChunks(response, read(Number(first), undefined))
}

/**
 * Sends the bytes of a file.
 *
 * @returns What its server says instead, if it does not send it; rejected with an HttpError if it says nothing.
 */
export const serveBytes = async (call: Call, wanted: WantedFile): Promise<PassedOn | undefined> => {
  const { index, project, key, file } = wanted
  const { method, headers } = call.request
  const watch = (sendable: Sendable): Sendable => index.watch(project, file, sendable)
  const there = await index.findFile(file, index.origin)
  if (there !== undefined) return sendFile(call, watch(fileOnDisk(there, chooseHash(file.hashes)?.digits)))
  if (isLocal(file)) return gone
  const download = await (method !== 'GET'
    ? undefined
    : headers.range === undefined
      ? index.downloads?.get(key, file, call.asker)
      : // A part that only its server can send, unless it is the rest of one on its way: an installer goes on where it was.
        /^bytes=\d+-$/.test(headers.range)
        ? index.downloads?.join(key, call.asker.gone)
        : undefined)
  if (download === undefined) return passBytes(call, wanted)
  const { fetched, read, leave } = download
  try {
    return fetched.status === 200 ? await sendFile(call, watch({ ...fetched, read })) : fetched
  } finally {
    leave()
  }
}

const serveMetadata = async (call: Call, { index, key, file }: WantedFile): Promise<PassedOn | undefined> => {
  if (isLocal(file)) {
    const there = index.findLocal(`${file.url}.metadata`)
    const digits = chooseHash(metadataHashes(file))?.digits
    return there === undefined ? gone : sendFile(call, fileOnDisk(there, digits))
  }
  const { bytes, status, reason, headers } = await index.metadata(key, file, call.asker)
  sendBytes(call, headers, bytes, status, reason)
  if (status === 200) await index.keepMetadata(key, file, call.asker)
  return undefined
}

/** Serves a file that a page has listed, or its metadata; rejected with an HttpError if its server does not answer. */
export const serveFile = async (call: Call, index: ServedIndex, { project, nth, name }: FileRoute): Promise<void> => {
  const wheel = name.replace(/\.metadata$/, '')
  const page = pageOrReply(call, await index.source.filesOf(project, call.asker, wheel))
  if (page === undefined) return
  const file = page.files.filter((one) => one.name === wheel)[nth]
  if (file === undefined || (wheel !== name && file.coreMetadata === undefined)) return notFound(call)
  const wanted = { index, project, key: keyOf(project, nth, wheel), file }
  try {
    const other = await (wheel === name ? serveBytes : serveMetadata)(call, wanted)
    if (other !== undefined) passOn(call, other)
  } catch (error) {
    const fault = faultOf(error)
    if (!call.asker.gone.aborted) index.onFault(file, fault)
    throw fault
  }
}
