import { UserError } from '../../base/errors.js'

/** One of the image's own files. */
export interface OwnFile {
  readonly path: string
  /** What it says, one character per byte; undefined if the image has none. */
  readonly own: string | undefined
}

/** A key with its value, whatever the file's format: a list is an array of its items. */
export interface Entry {
  /** The names of the section or of the tables that it is in, and its own. */
  readonly path: readonly string[]
  /** What becomes of it: undefined takes it out. */
  readonly value: unknown
}

/** How the files of a format are read and changed. */
export interface Dialect {
  /** A text's entries, and what its installer could not read of it. */
  readonly read: (text: string) => { readonly entries: readonly Entry[]; readonly fault: string | undefined }
  /** The setting that a key is of, by its first name. */
  readonly settingOf: (entry: Entry) => string
  /** The settings by which the installer finds packages. */
  readonly indexSettings: readonly string[]
  /** The items of a value that is a list. */
  readonly itemsOf: (entry: Entry) => readonly unknown[] | undefined
  readonly edit: (text: string, changes: readonly Entry[]) => string
}

/** @throws UserError if the installer could not read the image's own file either, naming the file and the line. */
export const readOwn = ({ read }: Dialect, { path, own = '' }: OwnFile): readonly Entry[] => {
  const { entries, fault } = read(own)
  if (fault === undefined) return entries
  throw new UserError(`${path} in the image cannot be read by its installer: ${fault}; fix it or remove it`)
}

/** A key with its value, whose lines are joined by line breaks, and where it is: lines from 0, up to the one after its last. */
interface ConfigEntry {
  readonly section: string
  readonly key: string
  value: string
  readonly firstLine: number
  endLine: number
}

/**
 * Reads the format that pip's and setuptools' files are in: Python's RawConfigParser (Python's documentation,
 * configparser, Supported INI File Structure). The package ini reads another dialect: it knows no values that go on over
 * several lines, no `key: value`, and cuts a value at `;` and `#`.
 *
 * @returns Sections in order; [DEFAULT], whose keys count in each, is one of them here. Faults are what Python refuses, by the
 *   line's number, from 1; each such line is passed over.
 */
export const parseConfigFile = (text: string) => {
  const lines = text.split('\n')
  const entries: ConfigEntry[] = []
  const sections: string[] = []
  const faults: string[] = []
  let section: string | undefined
  let open: ConfigEntry | undefined
  let indent = 0
  lines.forEach((line, number) => {
    if (/^\s*(?:[#;]|$)/.test(line)) return
    const ownIndent = line.search(/\S/)
    if (ownIndent > indent && open !== undefined) {
      open.value = `${open.value}\n${line.trim()}`.trim()
      open.endLine = number + 1
      return
    }
    indent = ownIndent
    const header = /^\s*\[(.+)\]/.exec(line)?.[1]
    if (header !== undefined) {
      if (sections.includes(header) && header !== 'DEFAULT') faults.push(`line ${number + 1} repeats [${header}]`)
      section = header
      if (!sections.includes(header)) sections.push(header)
      open = undefined
      return
    }
    if (section === undefined) {
      faults.push(`line ${number + 1} is before the first section`)
      return
    }
    const [, name, value = ''] = /^\s*([^=:\s][^=:]*?)\s*[=:]\s*(.*?)\s*$/.exec(line) ?? []
    if (name === undefined) {
      faults.push(`line ${number + 1} is not a key with a value`)
      return
    }
    const key = name.toLowerCase()
    if (entries.some((entry) => entry.section === section && entry.key === key)) {
      faults.push(`line ${number + 1} repeats ${key}`)
    }
    open = { section, key, value, firstLine: number, endLine: number + 1 }
    entries.push(open)
  })
  return { lines, entries, sections, faults }
}

/** What our files say of themselves. */
export const remark = 'Of the pypi element, for the time of this build. What a hook adds here goes into the image.'

/** A value's lines, the first behind the key. */
const linesOf = (key: string, value: unknown, indent: string): readonly string[] => {
  const [first = '', ...others] = Array.isArray(value) ? value.map(String) : String(value).split('\n')
  return [`${key} = ${first}`, ...others.map((line) => `    ${line}`)].map((line) => indent + line)
}

/**
 * Sets keys where they stand, or else at the end of their sections, or else in new sections at the end; or takes them out. Of
 * two changes of a key the last counts. Values stand as they are: RawConfigParser, which is what pip reads with, knows no
 * quotes and no escapes (the package ini writes both, and pip would take them for a part of the URL).
 */
const edit = (text: string, changes: readonly Entry[]): string => {
  const { lines, entries, sections } = parseConfigFile(text)
  const changed: { readonly from: number; readonly to: number; readonly ours: readonly string[] }[] = []
  const added = new Map<string, readonly string[]>()
  const last = new Map(changes.map((change) => [change.path.join('\n'), change]))
  for (const { path, value } of last.values()) {
    const [section = '', key = ''] = path
    const inSection = entries.filter((entry) => entry.section === section)
    const place = inSection.find((entry) => entry.key === key)
    if (value === undefined) {
      if (place !== undefined) changed.push({ from: place.firstLine, to: place.endLine, ours: [] })
    } else if (sections.includes(section)) {
      const header = lines.findIndex((line) => line.trimStart().startsWith(`[${section}]`))
      const before = inSection.at(-1) ?? { firstLine: header, endLine: header + 1 }
      // With the indentation of an existing line: a deeper one would continue the value above it.
      const indent = /^\s*/.exec(lines[(place ?? before).firstLine] ?? '')?.[0] ?? ''
      const from = place?.firstLine ?? before.endLine
      changed.push({ from, to: place?.endLine ?? from, ours: linesOf(key, value, indent) })
    } else added.set(section, [...(added.get(section) ?? [`[${section}]`]), ...linesOf(key, value, '')])
  }
  // From the end, so that the others' numbers stay true; of two at one line the later comes behind.
  for (const { from, to, ours } of changed.reverse().sort((a, b) => b.from - a.from))
    lines.splice(from, to - from, ...ours)
  const old = lines.join('\n')
  const sectionsAdded = [...added.values()].flatMap((one) => one.map((line) => `${line}\n`)).join('')
  return `${old}${sectionsAdded === '' || old === '' || old.endsWith('\n') ? '' : '\n'}${sectionsAdded}`
}

/** The options by which pip finds packages (pip's documentation, Configuration). */
export const indexOptions = ['index-url', 'extra-index-url', 'find-links', 'no-index', 'trusted-host'] as const

/** Other names of options, as pips since 1.5.6 know them (a test compares them with pip's own tables). */
const aliases: Readonly<Record<string, string>> = {
  'pypi-url': 'index-url',
  'log-file': 'log',
  'local-log': 'log',
}

/** The option that a key in small letters sets: pip takes underscores and leading dashes, too (its configuration.py). */
export const optionOf = (key: string): string => {
  const name = key.replace(/^--/, '').replaceAll('_', '-')
  return aliases[name] ?? name
}

/** The commands of pip that download something, and would cache it. */
export const downloadingCommands = ['install', 'download', 'wheel', 'list', 'index', 'search', 'lock'] as const

/** Whether an entry of a file that pip reads after the system's beats ours there: one of a command, or of [DEFAULT]. */
export const isBeating = ({ path: [section = ''] }: Entry): boolean =>
  section === 'DEFAULT' || downloadingCommands.some((command) => command === section)

const lists: readonly string[] = ['extra-index-url', 'find-links', 'trusted-host']

/** pip.conf and .pydistutils.cfg. By an edit all other lines stay as they are. */
export const iniDialect: Dialect = {
  read: (text) => {
    const { entries, faults } = parseConfigFile(text)
    return { entries: entries.map(({ section, key, value }) => ({ path: [section, key], value })), fault: faults[0] }
  },
  settingOf: ({ path: [, key = ''] }) => optionOf(key),
  indexSettings: indexOptions,
  itemsOf: ({ path: [, key = ''], value }) =>
    lists.includes(optionOf(key)) ? String(value).split(/\s+/).filter(Boolean) : undefined,
  edit,
}
