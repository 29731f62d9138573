// A link, as the installers' parsers find it; a page's beginning is enough to see some.
const hrefs = /<a\b[^>]*?\shref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi

/** Whether a page names at least one project or file: as HTML (PEP 503) or as JSON (PEP 691). */
export const hasLinks = (text: string): boolean =>
  text.search(hrefs) >= 0 || /^\s*\{.*"(?:projects|files)"\s*:\s*\[\s*\{/s.test(text)

/**
 * The files that a project's page links to, as far as the page is here.
 *
 * @param text The page, HTML.
 * @param base The page's URL.
 * @returns Their URLs, http and https alone.
 */
export const filesOf = (text: string, base: URL): readonly URL[] =>
  [...text.matchAll(hrefs)].flatMap(([, double, single, bare]) => {
    try {
      const url = new URL((double ?? single ?? bare ?? '').replaceAll('&amp;', '&'), base)
      return /^https?:$/.test(url.protocol) ? [url] : []
    } catch {
      return []
    }
  })
