import { urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings } from '../../settings/settings.js'
import type { Section } from './config-file.js'
import {
  cachingCommands,
  downloadingCommands,
  type IndexOption,
  indexOptions,
  isIndexOption,
  optionOf,
} from './options.js'
import { overlay, parseOwnFile, type Rule, type Value } from './overlay.js'

/**
 * The options, by section, that are set in files of the image which pip reads before ours and which are not mounted over.
 */
export type OverriddenKeys = ReadonlyMap<string, ReadonlySet<IndexOption>>

/** One of the image's own files. */
export interface OwnFile {
  /** The path by which the installer knows it, in the image. */
  readonly path: string
  /** What it says, one character per byte; undefined where the image has none. */
  readonly own: string | undefined
}

/** Our value for each option; undefined to remove the option. */
const valuesOf = ({ indexes, trustedHosts }: PipSettings): Readonly<Record<IndexOption, Value | undefined>> => {
  const [first = '', ...others] = indexes.map(urlWithCredentials)
  return {
    'index-url': first,
    // pip 25.2 and 25.3 ignore an empty override, so the first index is repeated; pip asks it once. find-links likewise
    // names a folder that is in every image while dib builds it and has no package in it.
    'extra-index-url': others.length > 0 ? others : first,
    'find-links': '/dev',
    'no-index': 'false',
    'trusted-host': trustedHosts.length > 0 ? trustedHosts : undefined,
  }
}

/** The options that would bypass the mirrors, or leave a trace of them in the image. */
const competing =
  (settings: PipSettings): Rule =>
  (section, key) => {
    const option = optionOf(key)
    if (isIndexOption(option)) return { value: valuesOf(settings)[option] }
    // A log names the mirrors, with their passwords in pips up to 18.1.
    if (option === 'log') return { value: undefined }
    // A command's cache-dir would override the one in [global].
    if (option === 'cache-dir' && section !== 'global') return { value: undefined }
    // pip asks a proxy even for 127.0.0.1 where a file names one.
    if (option === 'proxy' && settings.relay) return { value: undefined }
    if (option === 'retries' && retriesOf(settings) !== undefined) return { value: retriesOf(settings) }
    return undefined
  }

const retriesOf = ({ retries }: PipSettings): string | undefined => retries?.toString()

const without = (keys: Readonly<Record<string, Value | undefined>>): Section =>
  Object.fromEntries(
    Object.entries(keys).flatMap(([key, value]): [string, Value][] => (value === undefined ? [] : [[key, value]])),
  )

/** Our keys in [global]. */
const globalKeys = (settings: PipSettings): Section => {
  const values = valuesOf(settings)
  return without({
    'index-url': values['index-url'],
    'extra-index-url': settings.indexes.length > 1 ? values['extra-index-url'] : undefined,
    'trusted-host': values['trusted-host'],
    retries: retriesOf(settings),
    // pip would ask the indexes for newer pips, and a user for a password.
    'disable-pip-version-check': 'true',
    'no-input': 'true',
  })
}

type Sections = Readonly<Record<string, Section>>

const forEach = (commands: readonly string[], value: string): Sections =>
  Object.fromEntries(commands.map((command) => [command, { 'no-cache-dir': value }]))

/** Merges two layers of sections. [global] comes last, since a key that a hook appends is meant for it. */
const together = (first: Sections, second: Sections): Sections => {
  const names = new Set([...Object.keys(second), ...Object.keys(first)])
  const last = names.delete('global') ? ['global'] : []
  return Object.fromEntries([...names, ...last].map((name) => [name, { ...first[name], ...second[name] }]))
}

/**
 * Renders root's pip.conf.
 *
 * @param settings The indexes and how to ask them.
 * @param file The image's own file: what it sets besides indexes stays in force.
 * @param overridden What is set in files that pip reads before ours. Each key is cancelled in its own section, since a
 *   command's section, such as [install], overrides [global] whichever file it is in.
 * @param cacheFolder Where pip may keep what it downloads, in the image; undefined for its own place.
 * @returns The file's text.
 * @throws UserError where the image's own file cannot be read, naming it.
 */
export const renderPipConf = (
  settings: PipSettings,
  { path, own }: OwnFile,
  overridden: OverriddenKeys = new Map(),
  cacheFolder?: string,
): string => {
  const values = valuesOf(settings)
  const cancelled = Object.fromEntries(
    [...overridden].map(([section, keys]) => [
      section,
      without(Object.fromEntries(indexOptions.filter((key) => keys.has(key)).map((key) => [key, values[key]]))),
    ]),
  )
  const global = { ...cancelled['global'], ...globalKeys(settings) }
  const ours = together({ global }, Object.fromEntries(Object.entries(cancelled).filter(([name]) => name !== 'global')))
  if (cacheFolder === undefined) return overlay(path, own, competing(settings), ours)
  const rule: Rule = (section, key) => {
    if (optionOf(key) === 'cache-dir') return { value: section === 'global' ? cacheFolder : undefined }
    return competing(settings)(section, key)
  }
  // An empty value cancels the system file's, except in pip 25.2 and 25.3. An image that wants no cache gets none.
  const wantsNone = parseOwnFile(path, own ?? '').entries.some(({ key }) => optionOf(key) === 'no-cache-dir')
  const caching = { global: { 'cache-dir': cacheFolder }, ...(wantsNone ? {} : forEach(cachingCommands, '')) }
  return overlay(path, own, rule, together(ours, caching))
}

/**
 * Renders /etc/xdg/pip/pip.conf, which every user's pip since 10 reads first, with --isolated, too. It switches off every
 * user's cache, since pip would keep the mirrors' addresses and passwords in it.
 *
 * @param settings The indexes and how to ask them.
 * @param file The image's own file: what it sets besides indexes stays in force.
 * @returns The file's text.
 * @throws UserError where the image's own file cannot be read, naming it.
 */
export const renderSystemPipConf = (settings: PipSettings, { path, own }: OwnFile): string => {
  const rule: Rule = (section, key) =>
    optionOf(key) === 'cache-dir' ? { value: undefined } : competing(settings)(section, key)
  // `false`: pip up to 18.1 takes `true` for a folder's name and fails; later ones have no cache with either. Not in
  // [global]: `pip cache purge` fails where there is no cache.
  return overlay(path, own, rule, together({ global: globalKeys(settings) }, forEach(downloadingCommands, 'false')))
}

/**
 * Renders /etc/pip.conf, which pip reads after /etc/xdg/pip/pip.conf, where the image's own would override the mirrors.
 *
 * @param settings The indexes and how to ask them.
 * @param file The image's own file.
 * @returns The file's text with our values for the keys that would override the mirrors, the rest verbatim; undefined
 *   where there is no such key, so that the image's own can stay.
 * @throws UserError where the image's own file cannot be read, naming it.
 */
export const renderEtcPipConf = (settings: PipSettings, { path, own }: OwnFile): string | undefined => {
  if (own === undefined) return undefined
  const rule = competing(settings)
  const isCompeting = parseOwnFile(path, own).entries.some(({ section, key }) => rule(section, key) !== undefined)
  return isCompeting ? overlay(path, own, rule, {}) : undefined
}
