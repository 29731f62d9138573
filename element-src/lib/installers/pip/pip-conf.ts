import type { PipSettings } from '../../settings/settings.js'
import { remark, renderConfigFile } from './config-file.js'

/** The keys by which pip finds packages (pip's documentation, Configuration). */
export const indexKeys = ['index-url', 'extra-index-url', 'find-links', 'no-index'] as const
export type IndexKey = (typeof indexKeys)[number]

/** Which of these keys the image's own files set, by the section in which they do. */
export type OverriddenKeys = ReadonlyMap<string, ReadonlySet<IndexKey>>

/**
 * Renders pip.conf.
 *
 * @param settings The indexes and how to ask them.
 * @param overridden What files set that pip reads before ours. Ours cancels each key where it stands: pip lets a command's
 *   section, such as [install], beat [global] whichever file it is in.
 * @returns The file's text.
 */
export const renderPipConf = (settings: PipSettings, overridden: OverriddenKeys): string => {
  const [first = '', ...others] = settings.indexes.map(({ url }) => url)
  const values: Readonly<Record<IndexKey, string | readonly string[]>> = {
    'index-url': first,
    // An empty value would not cancel another file's in pip 25.2 and 25.3. The first index once more does, and pip asks it
    // once; so does a folder that is in every image while dib builds it and has no package in it.
    'extra-index-url': others.length > 0 ? others : first,
    'find-links': '/dev',
    'no-index': 'false',
  }
  const always: readonly IndexKey[] = others.length > 0 ? ['index-url', 'extra-index-url'] : ['index-url']
  const keysOf = (section: string, keys: readonly IndexKey[]) =>
    Object.fromEntries(
      indexKeys
        .filter((key) => keys.includes(key) || overridden.get(section)?.has(key))
        .map((key) => [key, values[key]]),
    )
  const commands = [...overridden.keys()].filter((section) => section !== 'global')
  return renderConfigFile(remark, {
    global: {
      ...keysOf('global', always),
      ...(settings.trustedHosts.length > 0 ? { 'trusted-host': settings.trustedHosts } : {}),
      ...(settings.retries === undefined ? {} : { retries: String(settings.retries) }),
      // pip would ask the indexes for newer pips, and a user for a password.
      'disable-pip-version-check': 'true',
      'no-input': 'true',
    },
    ...Object.fromEntries(commands.map((section) => [section, keysOf(section, [])])),
  })
}
