// pip's own list (its utils/filetypes.py) and easy_install's eggs.
const archive = /\.(?:whl|egg|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz|tar\.lz|tlz|tar\.lzma)$/i

/** A project's name as indexes have it: in small letters, with `-` for each run of `-`, `_` and `.` (PEP 503). */
export const normaliseName = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase()

// A name can be longer in small letters, and one that no folder can have is not a project's. Each of its units has 3 bytes at most.
const fitsFolder = (name: string): boolean => name.length <= 85 || Buffer.byteLength(name) <= 255

/**
 * Each way to take a file's name apart into project and version. Of a wheel's and an egg's name there is one (PEP 427), and of a
 * new sdist's (PEP 625); in an old sdist's, `-` stands in names and in versions as well, so that pip, too, tries each (its
 * index/package_finder.py).
 */
const partsOf = (file: string): readonly (readonly [project: string, version: string])[] => {
  const isBuilt = /\.(?:whl|egg)$/i.test(file)
  const stem = isBuilt ? file.slice(0, -4) : file.replace(archive, '')
  const cutAt = (dash: number, end = -1) =>
    [normaliseName(stem.slice(0, dash)), stem.slice(dash + 1, end < 0 ? undefined : end)] as const
  const first = stem.indexOf('-', 1)
  if (first < 0) return []
  if (isBuilt) return [cutAt(first, stem.indexOf('-', first + 1))]
  return [...stem.matchAll(/-/g)].flatMap(({ index }) => (index < first ? [] : [cutAt(index)]))
}

/**
 * The projects that a file may be of.
 *
 * @returns Normalised names: one but for some old sdists; none if the name has no version, or is too long for a folder.
 */
export const projectsOf = (file: string): readonly string[] => {
  const parts = partsOf(file)
  const likely = parts.length > 1 ? parts.filter(([, version]) => /^v?\d/i.test(version)) : parts
  const projects = (likely.length > 0 ? likely : parts.slice(-1)).map(([project]) => project)
  return projects.filter((project, i) => projects.indexOf(project) === i && fitsFolder(project))
}

/** Whether a file's name is that of a package: a wheel, an sdist or an egg, with a project's name and a version. */
export const isDistribution = (name: string): boolean =>
  archive.test(name) &&
  !name.startsWith('.') &&
  name.indexOf('-', 1) > 0 &&
  (name.length <= 85 || projectsOf(name).length > 0)

/** Decodes a part of a URL; undefined if its escapes are not UTF-8. */
export const decodePercents = (text: string): string | undefined => {
  if (!text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

// As pip does it: a slash that is percent-encoded parts names, too.
const lastName = (url: string): string | undefined => {
  const path = decodePercents(url.replace(/[?#].*/s, '').replace(/\/+$/, ''))
  return path?.slice(path.lastIndexOf('/') + 1)
}

/**
 * The name of the file to which a link leads.
 *
 * @param filename The name that the index tells beside it (PEP 691), which is the name then.
 * @returns The name; undefined if it is not that of a distribution, or none that a folder can hold.
 */
export const fileNameIn = (url: string, filename?: string): string | undefined => {
  const name = filename ?? lastName(url)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (name === undefined || /[\u0000-\u001f\u007f/\\]/.test(name)) return undefined
  return fitsFolder(name) && isDistribution(name) ? name : undefined
}

// PEP 440, Appendix B, in small letters and with `_` for the `-` and `+` that old wheels' names cannot hold.
const versionForm =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|rc|a|b|c)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(?:post|rev|r)[-_.]?(\d*)())?(?:[-_.]?dev[-_.]?(\d*)())?(?:[+_]([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

const phases: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' }

const plain = (digits: string): string => digits.replace(/^0+(?=\d)/, '')

/**
 * A version as PEP 440 normalises it ("Normalization"), so that each installer's way to write one is the same text.
 *
 * @returns Where PEP 440 does not know such a one, what was given, in small letters and without `_`.
 */
export const normaliseVersion = (version: string): string => {
  // Most are normal as they are, and a page can have thousands.
  if (/^(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*))*$/.test(version)) return version
  const found = versionForm.exec(version.trim().toLowerCase())
  if (found === null) return version.trim().toLowerCase().replace(/_/g, '-')
  const [, epoch, release = '', phase, pre = '', implicitPost, post = '', hasPost, dev = '', hasDev, local] = found
  return [
    epoch === undefined || Number(epoch) === 0 ? '' : `${plain(epoch)}!`,
    release.split('.').map(plain).join('.'),
    phase === undefined ? '' : `${phases[phase] ?? phase}${plain(pre || '0')}`,
    implicitPost === undefined && hasPost === undefined ? '' : `.post${plain(implicitPost || post || '0')}`,
    hasDev === undefined ? '' : `.dev${plain(dev || '0')}`,
    local === undefined ? '' : `+${local.replace(/[-_]/g, '.')}`,
  ].join('')
}

/** What PEP 440 takes for one version has one key: `1.0` and `1.0.0` have. */
export const versionKey = (version: string): string =>
  normaliseVersion(version).replace(/^((?:\d+!)?\d+(?:\.\d+)*?)(?:\.0+)+(?![.\d]*\d)/, '$1')

/**
 * The version in the name of a wheel, an sdist or an egg.
 *
 * @param project The project's name, normalised.
 * @returns It, normalised; undefined if the file is none of the project's.
 */
export const versionOf = (file: string, project: string): string | undefined => {
  const version = partsOf(file).find(([name]) => name === project)?.[1]
  return version ? normaliseVersion(version) : undefined
}

/** zip (wheels and eggs as well), gzip, bzip2, xz, lzip and lzma, by their first bytes. */
const magic = /^(?:504b|1f8b|425a68|fd377a585a|4c5a4950|5d0000)/

/** A tar file's first header has its own sum (tar(5)). */
const isTar = (header: Buffer): boolean => {
  if (header.length < 512) return false
  const sum = header.subarray(0, 512).reduce((all, byte, i) => all + (i >= 148 && i < 156 ? 32 : byte), 0)
  return Number.parseInt(header.toString('latin1', 148, 156).trim(), 8) === sum
}

/**
 * Whether a file can be a distribution, whatever its name: a page that says 'not found', and nothing at all, are none. As pip,
 * which unpacks each archive by what it is, it takes a tar file that is called .tar.gz.
 *
 * @param first Its first 512 bytes, or all if it has less.
 */
export const looksLikeDistribution = (first: Buffer): boolean => magic.test(first.toString('hex', 0, 6)) || isTar(first)
