import { join } from 'node:path'
import { redact } from '../http/url.js'
import { textInRoot } from '../image/path-in-root.js'
import type { Applied, AppliedFile } from './applied.js'
import { dialects } from './merge.js'
import { etcUvToml, type Format, systemPipConf, systemUvToml, textAt } from './places.js'

const words = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean)
  if (Array.isArray(value)) return value.flatMap(words)
  return typeof value === 'object' && value !== null && 'url' in value ? words(value.url) : []
}

/**
 * The indexes and the folders of packages that a file of an installer names, without their passwords; what no installer could
 * read names none. Beaten are those that pip does not ask: [global], which our sections of each command beat.
 */
export const namedIndexes = (format: Format, text: string) => {
  const { read, settingOf } = dialects[format]
  const settings = ['index-url', 'extra-index-url', 'find-links', ...(format === 'uv' ? ['index'] : [])]
  const asked: string[] = []
  const beaten: string[] = []
  for (const entry of read(text).entries) {
    const setting = settingOf(entry)
    if (!settings.includes(setting)) continue
    // Where ours has no find-links, [global]'s stays in force.
    const isBeaten = format === 'pip' && entry.path[0] === 'global' && setting !== 'find-links'
    const urls = isBeaten ? beaten : asked
    urls.push(...words(entry.value).map((url) => redact(url)))
  }
  return { asked: [...new Set(asked)], beaten: [...new Set(beaten)] }
}

/**
 * Looks for indexes that another hook wrote into the image's files while the build ran: from then on installers asked them
 * besides the mirrors, also if DIB_NO_PYPI_PIP or DIB_OFFLINE keep the official index away.
 *
 * @param root The image's root, on the host, with the hooks' changes in it.
 * @returns Warnings, without passwords.
 */
export const lateIndexes = (root: string, { files, others }: Applied): readonly string[] =>
  [...files, ...others].flatMap(({ path, format, own = '' }) => {
    const before = namedIndexes(format, own)
    const now = namedIndexes(format, textInRoot(root, path) ?? '')
    const added = (urls: readonly string[]): string =>
      urls.filter((url) => ![...before.asked, ...before.beaten].includes(url)).join(', ')
    // A file that took the place of the system's took our sections away.
    const isSystems = path === systemPipConf
    const asked = added(isSystems ? [...now.asked, ...now.beaten] : now.asked)
    const beaten = isSystems ? '' : added(now.beaten)
    const set = (urls: string, what: string) => (urls ? [`another element set ${urls} in ${path}${what}`] : [])
    return [
      ...set(asked, ', so installers asked there too from then on: to have it in the image only, set it in finalise.d'),
      ...set(
        beaten,
        ', [global]: the image has it, but in this build pip asked only the mirrors. To have pip ask it, set it in [install]',
      ),
    ]
  })

/**
 * Warns of an /etc/uv/uv.toml that came or changed while the image was built, unless uv read it behind our lines
 * (environment.d/02-follow-system-uv.bash).
 *
 * @param etcUv What it said when ours took its place.
 */
export const unreadUvToml = (
  root: string,
  stage: string,
  { files, etcUv }: { readonly files: readonly AppliedFile[]; readonly etcUv: string | undefined },
): readonly string[] => {
  const now = textInRoot(root, etcUvToml)
  const ours = files.find(({ path }) => path === systemUvToml)
  if (now === undefined || now === etcUv || ours === undefined || ours.own !== undefined) return []
  if ((textAt(join(stage, ours.source)) ?? '').trimEnd().endsWith(now.trimEnd())) return []
  return [
    `another element wrote ${etcUvToml} during the build, but uv read ours instead: if uv needs it in the build, write it in root.d`,
  ]
}
