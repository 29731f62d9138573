import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { redact } from '../http/url.js'
import { entryInRoot } from '../image/path-in-root.js'
import type { Applied } from './applied.js'
import { parseConfigFile } from './pip/config-file.js'
import { optionOf } from './pip/options.js'
import { etcUvToml, type Format, systemPipConf, systemUvToml, textAt } from './places.js'
import { isTable, parseToml } from './uv/toml.js'

const words = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean)
  if (Array.isArray(value)) return value.flatMap(words)
  return isTable(value) ? words(value['url']) : []
}

const options: readonly string[] = ['index-url', 'extra-index-url', 'find-links']

const inToml = (text: string): readonly string[] => {
  const top = parseToml(text)
  const tables = isTable(top) ? [top, top['pip']].filter(isTable) : []
  return tables.flatMap((table) => [...options, 'index'].flatMap((key) => words(table[key])))
}

/** The indexes and the folders of packages that a file of an installer names, without their passwords. */
export interface NamedIndexes {
  readonly asked: readonly string[]
  /** Those that pip does not ask: [global], which our sections of each command beat. */
  readonly beaten: readonly string[]
}

/** What a file names; what no installer could read names none. */
export const namedIndexes = (format: Format, text: string): NamedIndexes => {
  const unique = (urls: readonly string[]): readonly string[] => [...new Set(urls.map(redact))]
  if (format === 'uv') return { asked: unique(inToml(text)), beaten: [] }
  const found = parseConfigFile(text).entries.filter(({ key }) => options.includes(optionOf(key)))
  // Where ours has no find-links, [global]'s stays in force.
  const isBeaten = (entry: { readonly section: string; readonly key: string }): boolean =>
    format === 'pip' && entry.section === 'global' && optionOf(entry.key) !== 'find-links'
  return {
    asked: unique(found.filter((entry) => !isBeaten(entry)).flatMap(({ value }) => words(value))),
    beaten: unique(found.filter(isBeaten).flatMap(({ value }) => words(value))),
  }
}

/**
 * Looks for indexes that another hook wrote into the image's files while the build ran: from then on installers asked them
 * besides the mirrors, also if DIB_NO_PYPI_PIP or DIB_OFFLINE keep the official index away.
 *
 * @param root The image's root, on the host, with the hooks' changes in it.
 * @returns Warnings, without passwords.
 */
export const lateIndexes = (root: string, { files, others }: Applied): readonly string[] =>
  [...files, ...others].flatMap(({ path, format, own }) => {
    if (!entryInRoot(root, path)?.isFile()) return []
    const before = namedIndexes(format, own ?? '')
    const found = namedIndexes(format, readFileSync(join(root, path), 'latin1'))
    // A file that took the place of the system's took our sections away.
    const isSystems = path === systemPipConf
    const now = isSystems ? { asked: [...found.asked, ...found.beaten], beaten: [] } : found
    const known = [...before.asked, ...before.beaten]
    const [asked, beaten] = [now.asked, now.beaten].map((urls) => urls.filter((url) => !known.includes(url)).join(', '))
    const said = (urls: string | undefined, what: string): readonly string[] =>
      urls ? [`another element set ${urls} in ${path}${what}`] : []
    return [
      ...said(
        asked,
        ', and from then on its packages came from there, too: set it in finalise.d to have it in the image alone',
      ),
      ...said(
        beaten,
        ', [global]: it is in the image, but pip asked the mirrors alone while this was built; to have it asked, set it in [install]',
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
  { files, etcUv }: Pick<Applied, 'files'> & { readonly etcUv: string | undefined },
): readonly string[] => {
  const now = entryInRoot(root, etcUvToml)?.isFile() ? readFileSync(join(root, etcUvToml), 'latin1') : undefined
  const ours = files.find(({ path }) => path === systemUvToml)
  if (now === undefined || now === etcUv || ours === undefined || ours.own !== undefined) return []
  if ((textAt(join(stage, ours.source)) ?? '').trimEnd().endsWith(now.trimEnd())) return []
  return [
    `another element wrote ${etcUvToml} while the image was built, and uv did not read it: ours stood in its place; what uv needs in the build, write there in root.d`,
  ]
}
