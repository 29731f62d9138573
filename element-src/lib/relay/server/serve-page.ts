import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PageFile } from '../../index/page.js'
import { formFor, mediaTypes, renderPage, renderRoot } from '../../index/render.js'
import type { Asker } from '../upstream/answer.js'
import type { Source } from '../upstream/found.js'
import { notFound, passOn, refuse } from './reply.js'
import { uncached } from './send-file.js'

const sendText = (request: IncomingMessage, response: ServerResponse, type: string, text: string): void => {
  const body = Buffer.from(text)
  response.writeHead(200, { 'Content-Type': type, 'Content-Length': body.length, ...uncached, Vary: 'Accept' })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/** Serves the page of an index itself. */
export const serveRoot = (request: IncomingMessage, response: ServerResponse, index: Source): void => {
  const form = formFor(request.headers.accept)
  sendText(request, response, mediaTypes[form], renderRoot(index.projects(), form))
}

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
export const servePage = async (
  request: IncomingMessage,
  response: ServerResponse,
  project: string,
  index: Source,
  asker: Asker,
): Promise<void> => {
  const found = await index.find(project, asker)
  if (found.kind === 'none') return notFound(response)
  if (found.kind === 'refused') return refuse(response, found.cause)
  if (found.kind === 'answer') return passOn(response, found)
  const form = formFor(request.headers.accept)
  sendText(request, response, mediaTypes[form], renderPage(project, found, pathsOf(project), form))
}
