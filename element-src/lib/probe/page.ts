import { startTags } from '../index/html.js'
import { readPage } from '../index/read-page.js'

/** Whether a page, or its beginning, names at least one project or file: as HTML (PEP 503) or as JSON (PEP 691). */
export const hasLinks = (text: string): boolean => {
  for (const { name, attributes } of startTags(text)) if (name === 'a' && attributes.href) return true
  return /^\s*\{.*"(?:projects|files)"\s*:\s*\[\s*\{/s.test(text)
}

/** The files that a project's page in HTML links to, as far as the page is here: their URLs, http and https alone. */
export const filesOf = (text: string, base: URL): readonly URL[] =>
  readPage(Buffer.from(text), 'text/html; charset=utf-8', base).files.flatMap(({ url }) =>
    /^https?:/.test(url) ? [new URL(url)] : [],
  )
