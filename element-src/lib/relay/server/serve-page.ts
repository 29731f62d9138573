import type { IncomingMessage, ServerResponse } from 'node:http'
import type { PageFile } from '../../index/page.js'
import { formFor, mediaTypes, renderPage, renderRoot } from '../../index/render.js'
import type { FileIds } from '../indexes/file-ids.js'
import { isAskedAt } from '../indexes/project-rules.js'
import type { Source } from '../indexes/relay-index.js'
import { notFound, refuse } from './reply.js'

/** An index as the relay serves it. */
export interface ServedIndex extends Source {
  readonly registry: FileIds
}

const sendText = (request: IncomingMessage, response: ServerResponse, type: string, text: string): void => {
  const body = Buffer.from(text)
  response.writeHead(200, {
    'Content-Type': type,
    'Content-Length': body.length,
    'Cache-Control': 'no-store',
    Vary: 'Accept',
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}

/**
 * Serves the page of an index itself.
 *
 * @param request The request.
 * @param response The response.
 * @param index The index.
 */
export const serveRoot = (request: IncomingMessage, response: ServerResponse, index: ServedIndex): void => {
  const form = formFor(request.headers.accept)
  sendText(request, response, mediaTypes[form], renderRoot(index.projects(), form))
}

/**
 * Serves the page of a project, with links to the relay.
 *
 * @param request The request.
 * @param response The response.
 * @param project The project's name, normalised.
 * @param index The index.
 * @param all All indexes.
 */
export const servePage = async (
  request: IncomingMessage,
  response: ServerResponse,
  project: string,
  index: ServedIndex,
  all: readonly ServedIndex[],
): Promise<void> => {
  const rules = all.map(({ config }) => config)
  if (!isAskedAt(project, index.config, rules)) return notFound(response)
  const found = await index.find(project)
  if (found.kind === 'none') return notFound(response)
  if (found.kind === 'refused') return refuse(response, found.cause)
  const pathOf = (file: PageFile): string => `../../files/${index.registry.add(file)}/${encodeURIComponent(file.name)}`
  const form = formFor(request.headers.accept)
  // What a link to a repository brings is under no rule.
  const hasRules = rules.some(({ projects, exclude }) => projects ?? exclude) || index.config.excludeNewer !== undefined
  const page = { files: found.files, links: hasRules ? [] : found.links }
  sendText(request, response, mediaTypes[form], renderPage(project, page, pathOf, form))
}
