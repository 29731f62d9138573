import { urlWithCredentials } from '../../settings/index-list.js'
import type { PipSettings } from '../../settings/settings.js'
import { downloadingCommands, type Entry, iniDialect, isBeating, type OwnFile, readOwn, remark } from './config-file.js'

/** A list goes over several lines, which every pip since 1.5 splits at white space; undefined is none. */
type Keys = Readonly<Record<string, string | readonly string[] | undefined>>

/**
 * What replaces the image's own file while the build runs: its keys stay in force except those that are replaced, in whichever
 * section they are, and ours are added, by sections; if the own file has one, its place is kept.
 */
const overlay = (
  file: OwnFile,
  replaced: Keys,
  additions: Readonly<Record<string, Keys>>,
  isMeant: (entry: Entry) => boolean = () => true,
): string => {
  const entries = readOwn(iniDialect, file).filter((entry) => isReplaced(replaced, entry) && isMeant(entry))
  const added = Object.entries(additions).flatMap(([section, keys]) =>
    Object.entries(keys).flatMap(([key, value]) => (value === undefined ? [] : [{ path: [section, key], value }])),
  )
  return iniDialect.edit(`# ${remark}\n${file.own ?? ''}`, [
    ...entries.map((entry) => ({ ...entry, value: replaced[iniDialect.settingOf(entry)] })),
    ...added,
  ])
}

const isReplaced = (keys: Keys, entry: Entry): boolean => Object.hasOwn(keys, iniDialect.settingOf(entry))

const ourKeys = ({ indexes, trustedHosts, retries }: PipSettings): Keys => {
  const [first = '', ...others] = indexes.map(urlWithCredentials)
  return {
    'index-url': first,
    // pip 25.2 and 25.3 ignore an empty override, so the first index is repeated; pip asks it once.
    'extra-index-url': others.length > 0 ? ['', ...others] : first,
    'trusted-host': trustedHosts.length > 0 ? ['', ...trustedHosts] : undefined,
    ...(retries === undefined ? {} : { retries: String(retries) }),
  }
}

/**
 * What ours set against other files. find-links, too, cannot be empty: it names a folder that is in every image while dib
 * builds it and has no package in it.
 */
const cancelling: Keys = { 'find-links': '/dev', 'no-index': 'false', log: '/dev/null' }

/** The options that would bypass the mirrors, or leave a trace of them in the image, with what they become. */
const competing = (settings: PipSettings): Keys => ({
  ...ourKeys(settings),
  ...cancelling,
  // A log names the mirrors, with their passwords in pips up to 18.1.
  log: undefined,
  'cache-dir': undefined,
  // pip asks a proxy even for 127.0.0.1 if a file names one.
  ...(settings.relay ? { proxy: undefined } : {}),
})

const globalKeys = (settings: PipSettings): Keys => ({
  ...ourKeys(settings),
  ...(settings.indexes.length > 1 ? {} : { 'extra-index-url': undefined }),
  // pip would ask the indexes for newer pips, and a user for a password.
  'disable-pip-version-check': 'true',
  'no-input': 'true',
})

const forEach = (commands: readonly string[], keys: Keys): Readonly<Record<string, Keys>> =>
  Object.fromEntries(commands.map((command) => [command, keys]))

/** @param cacheFolder Where root's pip may keep what it downloads, in the image; undefined for its own place. */
export const renderPipConf = (settings: PipSettings, file: OwnFile, cacheFolder?: string): string => {
  // An empty value cancels the system file's, except in pip 25.2 and 25.3. An image that wants no cache gets none.
  const wantsNone = readOwn(iniDialect, file).some((entry) => iniDialect.settingOf(entry) === 'no-cache-dir')
  const isCaching = cacheFolder !== undefined && !wantsNone
  return overlay(file, competing(settings), {
    // The commands that gain most from a cache.
    ...(isCaching ? forEach(['install', 'download', 'wheel'], { 'no-cache-dir': '' }) : {}),
    // Last, since a key that a hook appends is meant for it.
    global: { ...globalKeys(settings), 'cache-dir': cacheFolder },
  })
}

/**
 * Renders the pip.conf of a folder of XDG_CONFIG_DIRS, which every user's pip since 9 reads first, with --isolated, too. Each
 * command that downloads gets a section of its own: it beats [global] of all other files, which therefore can stay. It
 * switches off every user's cache, since pip would keep the mirrors' addresses and passwords in it.
 * The other files are those of the image that are not mounted over.
 */
export const renderSystemPipConf = (settings: PipSettings, file: OwnFile, others: readonly string[] = []): string => {
  const set = others.flatMap((text) => iniDialect.read(text).entries.map(iniDialect.settingOf))
  const keys = {
    ...ourKeys(settings),
    ...Object.fromEntries(Object.entries(cancelling).filter(([option]) => set.includes(option))),
    // `false`: pip up to 18.1 takes `true` for a folder's name and fails; later ones have no cache with either. Not in
    // [global]: `pip cache purge` fails if there is no cache.
    'no-cache-dir': 'false',
  }
  return overlay(file, competing(settings), { ...forEach(downloadingCommands, keys), global: globalKeys(settings) })
}

/** Renders /etc/pip.conf, which pip reads after the files of XDG_CONFIG_DIRS; undefined if no key of it beats ours. */
export const renderEtcPipConf = (settings: PipSettings, file: OwnFile): string | undefined => {
  const replaced = competing(settings)
  const beats = (entry: Entry): boolean =>
    // A proxy can only be taken out: an empty one is not heard by pip 25.2 and 25.3.
    (isBeating(entry) || (settings.relay === true && iniDialect.settingOf(entry) === 'proxy')) &&
    isReplaced(replaced, entry)
  return readOwn(iniDialect, file).some(beats) ? overlay(file, replaced, {}) : undefined
}

/**
 * Renders .pydistutils.cfg, which easy_install and setuptools' setup_requires read (setuptools' documentation,
 * easy_install, Configuration Files). It is read with interpolation, so a percent sign is doubled. Python 2.7 undoes that only
 * in a value that refers to another one: ours refers to an empty one.
 */
export const renderPydistutilsCfg = (index: string, file: OwnFile): string => {
  const quoted = index.includes('%') ? `${index.replaceAll('%', '%%')}%(find_links)s` : index
  const replaced = { 'index-url': undefined, 'find-links': undefined, 'allow-hosts': undefined }
  const isMeant = ({ path: [section] }: Entry): boolean => section === 'easy_install' || section === 'DEFAULT'
  return overlay(file, replaced, { easy_install: { index_url: quoted, find_links: '' } }, isMeant)
}
