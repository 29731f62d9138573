import { ignoreErrors } from '../base/errors.js'
import { toolName } from '../base/log.js'
import { decodedChunksOf, type HttpAnswer, type HttpClient } from '../http/client.js'
import type { Asker } from '../http/http-error.js'
import { startTags } from '../index/html.js'
import { readHtml } from '../index/read-page.js'
import type { Index } from '../settings/index-list.js'

/** The result of an index's probe. */
export interface ProbeResult {
  /**
   * `up`: it can be used. `pageless`: its server has no page at its root, as some registries do not. `misplaced`: what is
   * there is not an index. `odd`: what its server sends is not understood here. `refuses`: a server is there, but refuses
   * this build because of the credentials or a certificate. `failing`: it answers with errors of its own. `slow`: its
   * server answers, but not for the index within the time limit. `down`: no connection to it can be made. Of these the
   * last alone leaves it out of a build.
   */
  readonly state: 'up' | 'pageless' | 'misplaced' | 'odd' | 'refuses' | 'failing' | 'slow' | 'down'
  /** What it answered, or what is wrong with it. */
  readonly reason: string
  /** The URL to use instead of what the user wrote, without credentials, if the server says what is meant. */
  readonly usedAs?: string
  /** What the user should know besides, a line each. */
  readonly notes?: readonly string[]
}

/** What is needed to ask one index. */
export interface ProbeContext {
  readonly index: Index
  readonly client: HttpClient
  /** Where the probe runs: messages suggest a remedy for that place. */
  readonly asker: Asker
  /** How long it may take in all, in seconds; for the message. */
  readonly seconds: number
  /** When that time is over. */
  readonly signal: AbortSignal
}

/** What came back. */
export interface Answer extends Omit<HttpAnswer, 'body'> {
  /** The beginning of the page, as much as was asked for. */
  readonly text: string
}

/** How much of a page is read at most, in bytes: its beginning says what it is. */
const mostOfPage = 262_144

/**
 * The same context with an end of its own besides.
 *
 * @param milliseconds When it ends by itself, if it does.
 */
export const endable = (
  context: ProbeContext,
  milliseconds = context.seconds * 1000,
): { context: ProbeContext; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  const timer = setTimeout(stop, milliseconds)
  context.signal.addEventListener('abort', stop)
  over.signal.addEventListener('abort', () => clearTimeout(timer))
  return { context: { ...context, signal: over.signal }, stop }
}

/**
 * Asks for a page as pip would; rejected with an HttpError if there is no answer. What breaks off, or takes too long, is read so far.
 *
 * @param isEnough Whether no more of the page needs to be read, by the text that is here; by default nothing of it is.
 * @param accept By default that for an index's page.
 */
export const ask = async (
  url: URL,
  { client, signal }: Pick<ProbeContext, 'client' | 'signal'>,
  isEnough = (_text: string): boolean => true,
  accept = 'text/html, application/vnd.pypi.simple.v1+html',
): Promise<Answer> => {
  const headers = { Accept: accept, 'Accept-Encoding': 'identity', 'User-Agent': toolName }
  const { body, ...head } = await client.request(url, { headers, signal })
  let bytes = Buffer.alloc(0)
  const text = (): string => bytes.toString('utf8')
  if (isEnough('')) body.destroy()
  else {
    try {
      for await (const chunk of decodedChunksOf(body)) {
        bytes = Buffer.concat([bytes, chunk])
        if (bytes.length > mostOfPage || isEnough(text())) break
      }
    } catch {
      // The head is an answer.
    }
  }
  return { ...head, text: text() }
}

/** Asks for a page that may tell more about a fault. Here, no answer is not a fault. */
export const askIfThere = (...asked: Parameters<typeof ask>): Promise<Answer | undefined> =>
  ask(...asked).catch(() => undefined)

/** Whether a page, or its beginning, names at least one project or file as JSON (PEP 691). */
const isJsonPage = (text: string): boolean => /^\s*\{.*"(?:projects|files)"\s*:\s*\[\s*\{/s.test(text)

const hrefsOn = function* (text: string): Generator<string> {
  for (const { name, attributes } of startTags(text)) if (name === 'a' && attributes.href) yield attributes.href
}

/** Whether a page, or its beginning, names at least one project or file: as HTML (PEP 503) or as JSON (PEP 691). */
export const hasLinks = (text: string): boolean => hrefsOn(text).next().done === false || isJsonPage(text)

/** The files that a project's page in HTML links to, as far as the page is here: their URLs, http and https alone. */
export const filesOf = (text: string, base: URL): readonly URL[] =>
  readHtml(text, base).files.flatMap(({ url }) => (/^https?:/.test(url) ? [new URL(url)] : []))

/** What is directly below a page by its links: the names of projects, of an index's page. */
export const foldersOn = (text: string, base: URL): readonly string[] => {
  const start = new URL(base.pathname.replace(/\/*$/, '/'), base).href
  return [...hrefsOn(text)].flatMap((href) => {
    const url = ignoreErrors(['ERR_INVALID_URL'], () => new URL(href, base).href)
    return /^([^/?#]+)\/$/.exec(url?.startsWith(start) ? url.slice(start.length) : '')?.[1] ?? []
  })
}

/** Whether a page can be that of all projects. */
export const isIndexPage = (text: string, base: URL): boolean => isJsonPage(text) || foldersOn(text, base).length > 0

/** Whether a page can be a project's. */
export const isProjectPage = (text: string, base: URL): boolean => isJsonPage(text) || filesOf(text, base).length > 0
