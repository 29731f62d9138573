// pip's own list (its utils/filetypes.py) and easy_install's eggs.
export const archive = /\.(?:whl|egg|zip|tar|tar\.gz|tgz|tar\.bz2|tbz|tar\.xz|txz|tar\.lz|tlz|tar\.lzma)$/i

/**
 * A project's name as indexes have it.
 *
 * @param name The name as the project writes it.
 * @returns It in small letters, with `-` for each run of `-`, `_` and `.` (PEP 503, Normalized Names).
 */
export const normaliseName = (name: string): string => name.replace(/[-_.]+/g, '-').toLowerCase()

// A name can be longer in small letters, and one that no folder can have is no project's. Each of its units has 3 bytes at most.
const fitsFolder = (name: string): boolean => name.length <= 85 || Buffer.byteLength(name) <= 255

/**
 * The projects that a file may be of. A wheel's and an egg's name says it (PEP 427), and a new sdist's (PEP 625); in an old
 * sdist's, `-` stands in names and in versions as well, so that pip, too, tries each (its index/package_finder.py).
 *
 * @param file The name of a wheel, an sdist or an egg.
 * @returns Normalised names: one but for some old sdists; none where the name has no version, or is too long for a folder.
 */
export const projectsOf = (file: string): readonly string[] => {
  // The official index's largest pages list thousands of files, so a wheel is told by its first dash alone.
  const nameUpTo = (end: number): string => normaliseName(file.slice(0, end))
  const first = file.indexOf('-', 1)
  if (first < 0) return []
  if (/\.(?:whl|egg)$/i.test(file)) return [nameUpTo(first)].filter(fitsFolder)
  const stem = file.replace(archive, '')
  const dashes = [...stem.matchAll(/-/g)].map(({ index }) => index).filter((index) => index > 0)
  const beforeVersions = dashes.filter((dash) => /^v?\d/i.test(stem.slice(dash + 1)))
  const ends = beforeVersions.length > 0 ? beforeVersions : dashes.slice(-1)
  return [...new Set(ends.map(nameUpTo))].filter(fitsFolder)
}

/**
 * Whether a file's name is that of a package: a wheel, an sdist or an egg, with a project's name and a version.
 *
 * @param name The file's name, without folders.
 */
export const isDistribution = (name: string): boolean =>
  archive.test(name) && !name.startsWith('.') && projectsOf(name).length > 0
