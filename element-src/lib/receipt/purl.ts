/** What is written as it is (the purl specification, "Character encoding"); `:` too, unlike in a URL's component. */
const encode = (text: string): string =>
  encodeURIComponent(text)
    .replace(/[!'()*]/g, (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':')

/**
 * The package URL of a distribution (the purl specification, type pypi).
 *
 * @param project Normalised (PEP 503).
 * @param file Its name, as the qualifier file_name.
 */
export const purlOf = (project: string, version: string, file: string): string =>
  `pkg:pypi/${project}@${encode(version)}?file_name=${encode(file)}`

/**
 * Reads such a package URL again.
 *
 * @returns What purlOf was given; undefined if it is another kind of text.
 */
export const parsePurl = (purl: string): { project: string; version: string; file: string } | undefined => {
  const [, project = '', version = '', file = ''] =
    /^pkg:pypi\/([a-z0-9-]+)@([^?#/@&]+)\?file_name=([^?#/@&]+)$/.exec(purl) ?? []
  try {
    const decoded = { project, version: decodeURIComponent(version), file: decodeURIComponent(file) }
    return purlOf(project, decoded.version, decoded.file) === purl ? decoded : undefined
  } catch {
    return undefined
  }
}
