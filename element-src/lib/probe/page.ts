import { startTags } from '../index/html.js'
import { readPage } from '../index/read-page.js'

/** Whether a page, or its beginning, names at least one project or file as JSON (PEP 691). */
const isJsonPage = (text: string): boolean => /^\s*\{.*"(?:projects|files)"\s*:\s*\[\s*\{/s.test(text)

const hrefsOn = function* (text: string): Generator<string> {
  for (const { name, attributes } of startTags(text)) if (name === 'a' && attributes.href) yield attributes.href
}

/** Whether a page, or its beginning, names at least one project or file: as HTML (PEP 503) or as JSON (PEP 691). */
export const hasLinks = (text: string): boolean => hrefsOn(text).next().done === false || isJsonPage(text)

/** The files that a project's page in HTML links to, as far as the page is here: their URLs, http and https alone. */
export const filesOf = (text: string, base: URL): readonly URL[] =>
  readPage(Buffer.from(text), 'text/html; charset=utf-8', base).files.flatMap(({ url }) =>
    /^https?:/.test(url) ? [new URL(url)] : [],
  )

/** What is directly below a page by its links: the names of projects, of an index's page. */
export const foldersOn = (text: string, base: URL): readonly string[] => {
  const start = new URL(base.pathname.replace(/\/*$/, '/'), base).href
  return [...hrefsOn(text)].flatMap((href) => {
    try {
      const url = new URL(href, base).href
      const [, name] = /^([^/?#]+)\/$/.exec(url.startsWith(start) ? url.slice(start.length) : '') ?? []
      return name === undefined ? [] : [name]
    } catch {
      return []
    }
  })
}

/** Whether a page can be that of all projects. */
export const isIndexPage = (text: string, base: URL): boolean => isJsonPage(text) || foldersOn(text, base).length > 0

/** Whether a page can be a project's. */
export const isProjectPage = (text: string, base: URL): boolean => isJsonPage(text) || filesOf(text, base).length > 0
