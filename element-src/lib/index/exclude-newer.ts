import type { PageFile } from './page.js'

/**
 * Leaves out what was uploaded later than a given instant.
 *
 * @param files The files of a page.
 * @param cutoff The instant, ISO 8601; undefined leaves out nothing.
 * @returns What is left; undefined where a file has no upload time (PEP 700), so that the rule cannot be applied.
 */
export const excludeNewer = (
  files: readonly PageFile[],
  cutoff: string | undefined,
): readonly PageFile[] | undefined => {
  if (cutoff === undefined) return files
  const latest = Date.parse(cutoff)
  const times = files.map(({ uploadTime }) => Date.parse(uploadTime ?? ''))
  return times.some(Number.isNaN) ? undefined : files.filter((_file, i) => (times[i] ?? 0) <= latest)
}
