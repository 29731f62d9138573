import { parseUrl } from '../base/errors.js'
import { toolName } from '../base/log.js'
import { decodedChunksOf } from '../http/body.js'
import type { HttpAnswer, HttpClient } from '../http/client.js'
import { startTags } from '../index/html.js'
import { readHtml } from '../index/read-page.js'

export interface Answer extends Omit<HttpAnswer, 'body'> {
  /** The beginning of the page, as much as was asked for. */
  readonly text: string
}

type Page = Pick<Answer, 'text' | 'url'>

/** How much of a page is read at most, in bytes: its beginning says what it is. */
const mostOfPage = 262_144

/**
 * Asks for a page as pip would; rejected with an HttpError if there is no answer. What breaks off, or takes too long, is read so far.
 *
 * @param isEnough Whether no more of the page needs to be read, by what is here; by default nothing of it is.
 * @param accept By default that for an index's page.
 */
export const ask = async (
  url: URL,
  { client, signal }: { readonly client: HttpClient; readonly signal: AbortSignal },
  isEnough = (_page: Page): boolean => true,
  accept = 'text/html, application/vnd.pypi.simple.v1+html',
): Promise<Answer> => {
  const headers = { Accept: accept, 'Accept-Encoding': 'identity', 'User-Agent': toolName }
  const { body, ...head } = await client.request(url, { headers, signal })
  let bytes = Buffer.alloc(0)
  let answer: Answer = { ...head, text: '' }
  if (isEnough(answer)) body.destroy()
  else {
    try {
      for await (const chunk of decodedChunksOf(body)) {
        bytes = Buffer.concat([bytes, chunk])
        answer = { ...head, text: bytes.toString('utf8') }
        if (bytes.length > mostOfPage || isEnough(answer)) break
      }
    } catch {
      // The head is an answer.
    }
  }
  return answer
}

/** Asks for a page that may tell more about a fault. Here, no answer is not a fault. */
export const askIfThere = (...asked: Parameters<typeof ask>): Promise<Answer | undefined> =>
  ask(...asked).catch(() => undefined)

/** Whether a page names at least one project or file as JSON (PEP 691). */
const isJson = ({ text }: Page): boolean => /^\s*\{.*"(?:projects|files)"\s*:\s*\[\s*\{/s.test(text)

const hrefsOn = function* ({ text }: Page): Generator<string> {
  for (const { name, attributes } of startTags(text)) if (name === 'a' && attributes.href) yield attributes.href
}

/** Whether a page names at least one project or file: as HTML (PEP 503) or as JSON (PEP 691). */
export const hasLinks = (page: Page): boolean => hrefsOn(page).next().done === false || isJson(page)

/** The files that a project's page in HTML links to, as far as the page is here: http and https alone. */
export const filesOn = ({ text, url: base }: Page): readonly URL[] =>
  readHtml(text, base).files.flatMap(({ url }) => (/^https?:/.test(url) ? [new URL(url)] : []))

/** What is directly below a page by its links: the names of projects, of an index's page. */
export const foldersOn = (page: Page): readonly string[] => {
  const start = new URL(page.url.pathname.replace(/\/*$/, '/'), page.url).href
  return [...hrefsOn(page)].flatMap((href) => {
    const url = parseUrl(href, page.url)?.href
    return /^([^/?#]+)\/$/.exec(url?.startsWith(start) ? url.slice(start.length) : '')?.[1] ?? []
  })
}

/** So many folders are enough to tell an index from a web server's list of a mirror's folder. */
export const hasManyFolders = (page: Page): boolean => foldersOn(page).length >= 100

/** The first files of a project's page are enough to see where all lie. */
export const hasSomeFiles = (page: Page): boolean => filesOn(page).length >= 3

/** Whether a page can be that of all projects. */
export const isIndexPage = (page: Page): boolean => isJson(page) || foldersOn(page).length > 0

/** Whether a page can be a project's. */
export const isProjectPage = (page: Page): boolean => isJson(page) || filesOn(page).length > 0
