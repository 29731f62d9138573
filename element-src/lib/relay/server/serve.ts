import { faultOf } from '../../http/http-error.js'
import { isLocal, type PageFile } from '../../index/page.js'
import { formFor, mediaTypes, renderPage, renderRoot } from '../../index/render.js'
import { isUndescribed, watchWheel } from '../../index/wheel-metadata.js'
import type { ServedIndex, WantedFile } from '../served-index.js'
import { fetchFile, metadataOf } from '../upstream/fetch-file.js'
import { type PassedOn, partIn, type Source } from '../upstream/source.js'
import { type Call, fileOnDisk, notFound, pageOrReply, passOn, send, sendChunks, sendFile, sendHead } from './reply.js'
import { type FileRoute, keyOf, linksOf, nthOf } from './route.js'

const sendPage = (call: Call, render: (form: 'html' | 'json') => string): void => {
  const form = formFor(call.request.headers.accept)
  send(call, { status: 200, headers: { 'Content-Type': mediaTypes[form], Vary: 'Accept' } }, render(form))
}

export const serveRoot = (call: Call, index: Source): void =>
  sendPage(call, (form) => renderRoot(index.projects(), form))

/** Serves the page of a project, by its normalised name, with links to the relay. */
export const servePage = async (call: Call, project: string, index: Source): Promise<void> => {
  const page = pageOrReply(call, await index.find(project, call.asker))
  if (page !== undefined) sendPage(call, (form) => renderPage(project, page, linksOf(project), form))
}

/** The file that a route names, or whose metadata it names; undefined if its project's page has none, which is answered. */
export const fileOrReply = async (call: Call, index: Source, route: FileRoute): Promise<PageFile | undefined> => {
  const page = pageOrReply(call, await index.filesOf(route.project, call.asker, route.name))
  if (page === undefined) return undefined
  const file = nthOf(page.files, route)
  if (file !== undefined && (!route.isMetadata || file.coreMetadata !== undefined)) return file
  notFound(call)
  return undefined
}

const gone: PassedOn = { status: 404, headers: {} }

/** The bytes of a file as its server sends them, whole or in parts. */
const passBytes = async (call: Call, { index, project, key, file }: WantedFile): Promise<PassedOn | undefined> => {
  const { headers: said, method } = call.request
  const headers = {
    ...call.asker.headers,
    ...(said.range && { Range: said.range }),
    ...(said['if-range'] && { 'If-Range': String(said['if-range']) }),
  }
  const isHead = method === 'HEAD'
  const asked = { method: isHead ? 'HEAD' : 'GET', headers, signal: call.asker.gone } as const
  const fetched = await fetchFile(index.send, file, asked)
  try {
    if (fetched.status >= 400) return fetched
    // Of a HEAD, 0 is often what a server says that does not know.
    const length = isHead && fetched.length === 0 ? undefined : fetched.length
    sendHead(call, fetched, length)
    const part = partIn(fetched.headers)
    // Of a part that does not tell it, the end is nowhere.
    const whole = part === undefined ? length : (part.length ?? Number.POSITIVE_INFINITY)
    const chunks =
      fetched.status === 200 && isUndescribed(file)
        ? watchWheel(fetched.chunks, (metadata) => index.onMetadata(key, metadata))
        : fetched.chunks
    const { read } = index.watch(project, file, { headers: {}, length: whole, read: () => chunks })
    return await sendChunks(call, () => read(part?.from ?? 0, undefined))
  } finally {
    fetched.leave()
  }
}

/**
 * Sends the bytes of a file.
 *
 * @returns What its server says instead, if it does not send it; rejected with an HttpError if it says nothing.
 */
export const serveBytes = async (call: Call, wanted: WantedFile): Promise<PassedOn | undefined> => {
  const { index, project, key, file } = wanted
  const { method, headers } = call.request
  const there = await index.findFile(file, index.origin)
  if (there !== undefined) return sendFile(call, index.watch(project, file, fileOnDisk(there, file)))
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
    if (fetched.status === 200) return await sendFile(call, index.watch(project, file, { ...fetched, read }))
    // What is neither a fault nor known to be whole is not kept.
    return fetched.status < 400 ? await passBytes(call, wanted) : fetched
  } finally {
    leave()
  }
}

const serveMetadata = async (call: Call, { index, key, file }: WantedFile): Promise<PassedOn | undefined> => {
  if (isLocal(file)) {
    const beside = metadataOf(file)
    const there = await index.findFile(beside)
    return there === undefined ? gone : sendFile(call, fileOnDisk(there, beside))
  }
  const answer = await index.metadata(key, file, call.asker)
  send(call, answer, answer.bytes)
  await index.keepMetadata(file, answer)
  return undefined
}

/** Serves a file that a page has listed, or its metadata; rejected with an HttpError if its server does not answer. */
export const serveFile = async (call: Call, index: ServedIndex, route: FileRoute): Promise<void> => {
  const file = await fileOrReply(call, index.source, route)
  if (file === undefined) return
  const wanted = { index, project: route.project, key: keyOf(route), file }
  try {
    const other = await (route.isMetadata ? serveMetadata : serveBytes)(call, wanted)
    if (other !== undefined) passOn(call, other)
  } catch (error) {
    const fault = faultOf(error)
    if (!call.asker.gone.aborted) index.onFault(file, fault)
    throw fault
  }
}
