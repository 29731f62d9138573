import { type Entry, parseConfigFile } from './config-file.js'

/** A file's three states. */
export interface Edited {
  /** The image's own file; empty where it has none. */
  readonly own: string
  /** Our file, as it was laid over that. */
  readonly laid: string
  /** Our file at the end of the build. */
  readonly edited: string
}

const isSame = (a: Entry, b: Entry): boolean => a.section === b.section && a.key === b.key && a.value === b.value

const entryLines = ({ key, value }: Entry): readonly string[] =>
  `${key} = ${value}`.split('\n').map((line, i) => (i > 0 ? `    ${line}` : line))

const setEntry = (text: string, entry: Entry): string => {
  const { lines, entries, sections } = parseConfigFile(text)
  const result = [...lines]
  const place = entries.find(({ section, key }) => section === entry.section && key === entry.key)
  if (place !== undefined) {
    result.splice(place.firstLine, place.endLine - place.firstLine, ...entryLines(entry))
    return result.join('\n')
  }
  if (!sections.includes(entry.section)) {
    const before = text === '' || text.endsWith('\n') ? text : `${text}\n`
    return `${before}[${entry.section}]\n${entryLines(entry).join('\n')}\n`
  }
  const last = entries.findLast(({ section }) => section === entry.section)
  const header = lines.findIndex((line) => line.trimStart().startsWith(`[${entry.section}]`))
  result.splice(last?.endLine ?? header + 1, 0, ...entryLines(entry))
  return result.join('\n')
}

/**
 * What the image's own file becomes when another hook has written into ours: the same change, without our own keys.
 *
 * @param states The file's three states.
 * @returns The image's file, or undefined where nothing of it is another hook's.
 */
export const mergeEdits = ({ own, laid, edited }: Edited): string | undefined => {
  if (edited === laid) return undefined
  const ours = parseConfigFile(laid)
  const theirs = parseConfigFile(edited)
  // Written anew, with nothing of ours in it: the whole file is the hook's.
  if (!theirs.entries.some((entry) => ours.entries.some((other) => isSame(entry, other)))) return edited
  // A line at the end, comments and all, where the image has no file that it could clash with.
  if (own === '' && edited.startsWith(laid)) {
    const added = edited.slice(laid.length)
    const startsInSection =
      parseConfigFile(added).lines.some((line) => /^\s*[^#;\s[]/.test(line)) &&
      !/^\s*\[/.test(added.replace(/^\s*[#;].*\n/gm, ''))
    const section = ours.sections.at(-1)
    return startsInSection && section !== undefined ? `[${section}]\n${added}` : added
  }
  const changes = theirs.entries.filter((entry) => !ours.entries.some((other) => isSame(entry, other)))
  return changes.length === 0 ? undefined : changes.reduce(setEntry, own)
}
