import { algorithms, type Hashes, type Page, type PageFile } from './page.js'

/** The forms in which a page is served, and their media types (PEP 691). */
export const mediaTypes = {
  json: 'application/vnd.pypi.simple.v1+json',
  html: 'text/html; charset=utf-8',
} as const

type Form = keyof typeof mediaTypes

const weightOf = (part: string): number => Number(/;\s*q=([\d.]+)/i.exec(part)?.[1] ?? 1)

/**
 * The form that a client asks for by its Accept header (PEP 691, Version + Format Selection): JSON if it wants that at least
 * as much as HTML; HTML if it says nothing.
 */
export const formFor = (accept: string | undefined): Form => {
  const parts = (accept ?? '').toLowerCase().split(',')
  const weight = (pattern: RegExp): number => Math.max(0, ...parts.filter((part) => pattern.test(part)).map(weightOf))
  const json = weight(/application\/vnd\.pypi\.simple\.(?:v1|latest)\+json/)
  return json > 0 && json >= weight(/text\/html|vnd\.pypi\.simple\.v1\+html/) ? 'json' : 'html'
}

// Beyond ASCII as well, so that a page without a header reads the same in each encoding.
const escapeHtml = (text: string): string =>
  text.replace(/[&<>"\u0080-\u{10ffff}]/gu, (sign) => `&#${sign.codePointAt(0)};`)

const bestHash = (hashes: Hashes): string | undefined => {
  const name = algorithms.find((algorithm) => hashes[algorithm] !== undefined)
  return name && `${name}=${hashes[name]}`
}

const anchor = (href: string, text: string, { requiresPython, yanked, coreMetadata }: Partial<PageFile>): string => {
  const metadata = coreMetadata && (coreMetadata === true ? 'true' : (bestHash(coreMetadata) ?? 'true'))
  const attributes = [
    `href="${escapeHtml(href)}"`,
    ...(requiresPython ? [`data-requires-python="${escapeHtml(requiresPython)}"`] : []),
    ...(yanked ? [`data-yanked="${yanked === true ? '' : escapeHtml(yanked)}"`] : []),
    // PEP 714: the old name as well, for pip 22.3 to 23.2.
    ...(metadata
      ? [`data-core-metadata="${escapeHtml(metadata)}" data-dist-info-metadata="${escapeHtml(metadata)}"`]
      : []),
  ]
  return `<a ${attributes.join(' ')}>${escapeHtml(text)}</a><br>\n`
}

const htmlPage = (title: string, anchors: readonly string[]): string =>
  `<!DOCTYPE html>\n<title>${escapeHtml(title)}</title>\n${anchors.join('')}`

/** What is undefined is left out by JSON.stringify. */
export const fileAsJson = (file: Omit<PageFile, 'url'>, url: string | undefined) => ({
  filename: file.name,
  url: file.fragment === undefined ? url : `${url}#${file.fragment}`,
  hashes: file.hashes,
  'requires-python': file.requiresPython,
  yanked: file.yanked,
  'upload-time': file.uploadTime,
  size: file.size,
  'core-metadata': file.coreMetadata,
  'dist-info-metadata': file.coreMetadata,
})

/**
 * Writes a project's page, in HTML (PEP 503) or JSON (PEP 691).
 *
 * @param hrefOf Where a file is, without a fragment, for who reads the page.
 */
export const renderPage = (
  project: string,
  { files, links }: Page,
  hrefOf: (file: PageFile) => string,
  form: Form,
): string =>
  form === 'json'
    ? JSON.stringify({
        // 1.1 wants a list of versions, too (PEP 700), which no installer reads; sizes and times are read all the same.
        meta: { 'api-version': '1.0' },
        name: project,
        files: [
          ...files.map((file) => fileAsJson(file, hrefOf(file))),
          ...links.map((link) => fileAsJson(link, link.url)),
        ],
      })
    : htmlPage(project, [
        ...files.map((file) => {
          const fragment = [bestHash(file.hashes), file.fragment].filter(Boolean).join('&')
          return anchor(hrefOf(file) + (fragment && `#${fragment}`), file.name, file)
        }),
        ...links.map((link) => anchor(link.url, link.name, link)),
      ])

/**
 * Writes the page of an index itself. Installers ask for projects by name; easy_install reads it if it finds nothing so.
 *
 * @param projects Normalised names: those of a folder; a server's are not fetched, which are half a million.
 */
export const renderRoot = (projects: readonly string[], form: Form): string =>
  form === 'json'
    ? JSON.stringify({ meta: { 'api-version': '1.0' }, projects: projects.map((name) => ({ name })) })
    : htmlPage(
        'Simple index',
        projects.map((name) => anchor(`${encodeURIComponent(name)}/`, name, {})),
      )
