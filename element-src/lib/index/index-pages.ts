import { mkdirSync, writeFileSync } from 'node:fs'

/** A distribution in an index that is made. */
export interface Link {
  /** The project's normalised name (PEP 503). */
  readonly project: string
  /** The file's name. */
  readonly file: string
  /** Its URL, with the hash as its fragment where one is known. */
  readonly href: string
  /** Further attributes (PEP 503, 592 and 658): names and values. */
  readonly attributes?: Readonly<Record<string, string>>
}

const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => escapes[sign] ?? '')

const page = (anchors: Iterable<string>): string => `<!DOCTYPE html>\n${[...anchors].join('\n')}\n`

const anchor = (href: string, text: string, attributes: Readonly<Record<string, string>> = {}): string => {
  const more = Object.entries(attributes).map(([name, value]) => ` ${name}="${escapeHtml(value)}"`)
  return `<a href="${escapeHtml(href)}"${more.join('')}>${encodeURIComponent(text)}</a><br>`
}

/**
 * Makes an index: a page for each project, and one of the projects (PEP 503).
 *
 * @param links What it lists. Of two links of a project to files of the same name the first counts.
 * @param folder Where to make it: an empty folder.
 */
export const writeIndex = (links: Iterable<Link>, folder: string): void => {
  const pages = new Map<string, Map<string, string>>()
  for (const { project, file, href, attributes } of links) {
    const files = pages.get(project) ?? new Map<string, string>()
    if (!files.has(file)) files.set(file, anchor(href, file, attributes))
    pages.set(project, files)
  }
  for (const [project, files] of pages) {
    mkdirSync(`${folder}/${project}`)
    writeFileSync(`${folder}/${project}/index.html`, page(files.values()))
  }
  const projects = [...pages.keys()].sort()
  writeFileSync(
    `${folder}/index.html`,
    page(projects.map((project) => anchor(`${encodeURIComponent(project)}/`, project))),
  )
}
