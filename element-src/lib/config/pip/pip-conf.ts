import { urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings } from '../../settings/settings.js'
import { parseConfigFile, type Section } from './config-file.js'
import { downloadingCommands, type IndexOption, indexOptions, isIndexOption, optionOf } from './options.js'
import { type OwnFile, overlay, parseOwnFile, type Rule, type Value } from './overlay.js'

/** The commands that gain most from a cache. */
const cachingCommands = ['install', 'download', 'wheel'] as const

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

const retriesOf = ({ retries }: PipSettings): string | undefined => retries?.toString()

/** The options that would bypass the mirrors, or leave a trace of them in the image. */
const competing =
  (settings: PipSettings, cacheFolder?: string): Rule =>
  (section, key) => {
    const option = optionOf(key)
    if (isIndexOption(option)) return { value: valuesOf(settings)[option] }
    // A log names the mirrors, with their passwords in pips up to 18.1.
    if (option === 'log') return { value: undefined }
    // A command's cache-dir would override the one in [global].
    if (option === 'cache-dir') return { value: section === 'global' ? cacheFolder : undefined }
    // pip asks a proxy even for 127.0.0.1 if a file names one.
    if (option === 'proxy' && settings.relay) return { value: undefined }
    if (option === 'retries' && retriesOf(settings) !== undefined) return { value: retriesOf(settings) }
    return undefined
  }

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

const forEach = (commands: readonly string[], keys: Section): Readonly<Record<string, Section>> =>
  Object.fromEntries(commands.map((command) => [command, keys]))

/**
 * Renders root's pip.conf. Of the image's own file, what it sets besides indexes stays in force.
 *
 * @param cacheFolder Where pip may keep what it downloads, in the image; undefined for its own place.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const renderPipConf = (settings: PipSettings, { path, own }: OwnFile, cacheFolder?: string): string => {
  const global = { ...globalKeys(settings), ...without({ 'cache-dir': cacheFolder }) }
  // An empty value cancels the system file's, except in pip 25.2 and 25.3. An image that wants no cache gets none.
  const wantsNone = parseOwnFile(path, own ?? '').entries.some(({ key }) => optionOf(key) === 'no-cache-dir')
  const caching = cacheFolder === undefined || wantsNone ? {} : forEach(cachingCommands, { 'no-cache-dir': '' })
  // [global] comes last, since a key that a hook appends is meant for it.
  return overlay(path, own, competing(settings, cacheFolder), { ...caching, global })
}

/** What files that are not mounted over set in [global], and what of it ours cancel if they do. */
const cancelled = ['find-links', 'no-index', 'log'] as const

/**
 * Renders the pip.conf of a folder of XDG_CONFIG_DIRS, which every user's pip since 9 reads first, with --isolated, too. Each
 * command that downloads gets a section of its own: it beats [global] of all other files, which therefore can stay. It
 * switches off every user's cache, since pip would keep the mirrors' addresses and passwords in it.
 *
 * @param others What the other files of the image say that are not mounted over.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const renderSystemPipConf = (
  settings: PipSettings,
  { path, own }: OwnFile,
  others: readonly string[] = [],
): string => {
  const values = { ...valuesOf(settings), log: '/dev/null' }
  const set = others.flatMap((text) => parseConfigFile(text).entries.map(({ key }) => optionOf(key)))
  const keys = without({
    'index-url': values['index-url'],
    'extra-index-url': values['extra-index-url'],
    'trusted-host': values['trusted-host'],
    retries: retriesOf(settings),
    ...Object.fromEntries(cancelled.flatMap((option) => (set.includes(option) ? [[option, values[option]]] : []))),
    // `false`: pip up to 18.1 takes `true` for a folder's name and fails; later ones have no cache with either. Not in
    // [global]: `pip cache purge` fails if there is no cache.
    'no-cache-dir': 'false',
  })
  return overlay(path, own, competing(settings), {
    ...forEach(downloadingCommands, keys),
    global: globalKeys(settings),
  })
}

/** The entries of a file, read after the system's, that beat ours there: those of a command, which [DEFAULT] is part of. */
export const beatingEntries = (text: string): readonly { readonly section: string; readonly option: string }[] =>
  parseConfigFile(text).entries.flatMap(({ section, key }) =>
    section === 'DEFAULT' || downloadingCommands.some((command) => command === section)
      ? [{ section, option: optionOf(key) }]
      : [],
  )

/**
 * Renders /etc/pip.conf, which pip reads after the files of XDG_CONFIG_DIRS.
 *
 * @returns The file's text with our values for the keys that beat ours, the rest verbatim; undefined if there is no such
 *   key, so that the image's own can stay.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const renderEtcPipConf = (settings: PipSettings, { path, own }: OwnFile): string | undefined => {
  if (own === undefined) return undefined
  const { entries } = parseOwnFile(path, own)
  const rule = competing(settings)
  // A proxy can only be taken out: an empty one is not heard by pip 25.2 and 25.3.
  const beats =
    beatingEntries(own).some(({ section, option }) => rule(section, option) !== undefined) ||
    (settings.relay === true && entries.some(({ key }) => optionOf(key) === 'proxy'))
  return beats ? overlay(path, own, rule, {}) : undefined
}

/** The options by which pip finds packages that a file sets, in sections that beat ours. */
export const beatingIndexOptions = (text: string): readonly string[] => {
  const found = beatingEntries(text).map(({ option }) => option)
  return indexOptions.filter((option) => found.includes(option))
}
