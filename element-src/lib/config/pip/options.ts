/** The options by which pip finds packages (pip's documentation, Configuration). */
export const indexOptions = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'trusted-host'] as const
export type IndexOption = (typeof indexOptions)[number]

/** Other names of options, as pips since 1.5.6 know them (a test compares them with pip's own tables). */
export const aliases: Readonly<Record<string, string>> = {
  'pypi-url': 'index-url',
  'log-file': 'log',
  'local-log': 'log',
}

/**
 * The option that a key of a file sets, by its first name. pip takes keys with underscores and with leading dashes, too (its
 * configuration.py).
 *
 * @param key The key, in small letters.
 */
export const optionOf = (key: string): string => {
  const name = key.replace(/^--/, '').replaceAll('_', '-')
  return aliases[name] ?? name
}

/** Whether an option is one of those by which pip finds packages. */
export const isIndexOption = (option: string): option is IndexOption => indexOptions.some((ours) => ours === option)

/** The commands of pip that download something, and would cache it. */
export const downloadingCommands = ['install', 'download', 'wheel', 'list', 'index', 'search', 'lock'] as const
