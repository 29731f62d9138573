import { algorithms, type PageFile } from './page.js'

/** Where the relay serves a file: relative to the page, with no character that HTML would take for markup. */
export type PathOf = (file: PageFile) => string

/** The forms in which a page is served, and their media types (PEP 691). */
export const mediaTypes = {
  json: 'application/vnd.pypi.simple.v1+json',
  html: 'text/html; charset=utf-8',
} as const

export type Form = keyof typeof mediaTypes

const weightOf = (part: string): number => Number(/;\s*q=([\d.]+)/i.exec(part)?.[1] ?? 1)

/**
 * The form that a client asks for (PEP 691, Version + Format Selection).
 *
 * @param accept Its Accept header.
 * @returns JSON where it wants that at least as much as HTML; HTML where it says nothing.
 */
export const formFor = (accept: string | undefined): Form => {
  const parts = (accept ?? '').toLowerCase().split(',')
  const weight = (pattern: RegExp): number => Math.max(0, ...parts.filter((part) => pattern.test(part)).map(weightOf))
  const json = weight(/application\/vnd\.pypi\.simple\.(?:v1|latest)\+json/)
  return json > 0 && json >= weight(/text\/html|vnd\.pypi\.simple\.v1\+html/) ? 'json' : 'html'
}

const escapeHtml = (text: string): string => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`)

const bestHash = (hashes: Readonly<Record<string, string>>): string | undefined => {
  // pip 1.5 knows none before md5 but sha256; all know sha256.
  const name = hashes['sha256'] ? 'sha256' : algorithms.find((algorithm) => hashes[algorithm])
  return name && `${name}=${hashes[name]}`
}

const anchor = (file: PageFile, path: string): string => {
  const hash = bestHash(file.hashes)
  const metadata = file.coreMetadata && (file.coreMetadata === true ? 'true' : (bestHash(file.coreMetadata) ?? 'true'))
  const attributes = [
    `href="${path}${hash ? `#${hash}` : ''}"`,
    ...(file.requiresPython ? [`data-requires-python="${escapeHtml(file.requiresPython)}"`] : []),
    ...(file.yanked ? [`data-yanked="${file.yanked === true ? '' : escapeHtml(file.yanked)}"`] : []),
    // PEP 714: the old name as well, for pip 22.3 to 23.2.
    ...(metadata ? [`data-core-metadata="${metadata}" data-dist-info-metadata="${metadata}"`] : []),
  ]
  return `<a ${attributes.join(' ')}>${escapeHtml(file.name)}</a><br>`
}

// What is undefined is left out by JSON.stringify.
const asJson = (file: PageFile, path: string): Readonly<Record<string, unknown>> => ({
  filename: file.name,
  url: path,
  hashes: file.hashes,
  'requires-python': file.requiresPython,
  yanked: file.yanked,
  'upload-time': file.uploadTime,
  size: file.size,
  'core-metadata': file.coreMetadata,
  'dist-info-metadata': file.coreMetadata,
})

/**
 * Writes a project's page.
 *
 * @param project The project's name, normalised.
 * @param files Its files.
 * @param pathOf Where they are.
 * @param form In HTML (PEP 503) or JSON (PEP 691).
 */
export const renderPage = (project: string, files: readonly PageFile[], pathOf: PathOf, form: Form): string =>
  form === 'json'
    ? JSON.stringify({
        // 1.1 wants a list of versions, too (PEP 700), which no installer reads; sizes and times are read all the same.
        meta: { 'api-version': '1.0' },
        name: project,
        files: files.map((file) => asJson(file, pathOf(file))),
      })
    : `<!DOCTYPE html>\n<title>${escapeHtml(project)}</title>\n${files.map((file) => anchor(file, pathOf(file))).join('\n')}\n`

/**
 * Writes the page of the index itself. Installers ask for projects by name; easy_install reads it where there is none of that.
 *
 * @param projects Their names, normalised: those of a folder; a server's are not fetched, which are half a million.
 * @param form In HTML or JSON.
 */
export const renderRoot = (projects: readonly string[], form: Form): string =>
  form === 'json'
    ? JSON.stringify({ meta: { 'api-version': '1.0' }, projects: projects.map((name) => ({ name })) })
    : `<!DOCTYPE html>\n<title>Simple index</title>\n${projects.map((name) => `<a href="${encodeURIComponent(name)}/">${escapeHtml(name)}</a><br>\n`).join('')}`
