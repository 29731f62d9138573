import { HookError } from '../../hook/error.js'
import type { Edited } from '../pip/merge-edits.js'

const isTable = (line: string): boolean => /^\s*\[/.test(line)

/** The URLs in our file: what of it must not get into the image. */
const urlsIn = (text: string): readonly string[] =>
  [...text.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, value = '']) => value).filter((value) => value.includes('://'))

/**
 * What the image's own uv.toml becomes when another hook has written into ours: the lines that it added.
 *
 * @param states The file's three states.
 * @returns The image's file, or undefined where no line is another hook's.
 * @throws HookError where a line mixes ours with another's, or would get another meaning in the image's file.
 */
export const mergeUvEdits = ({ own, laid, edited, credentials }: Edited): string | undefined => {
  if (edited === laid) return undefined
  const ours = new Set(laid.split('\n'))
  const added = edited.split('\n').filter((line) => !ours.has(line))
  const text = added.join('\n').trim()
  if (text === '') return undefined
  if ([...urlsIn(laid), ...credentials].some((ours) => text.includes(ours))) {
    throw new HookError(
      "another hook changed a line of this build's uv.toml that names its indexes: have it use options of uv or variables",
    )
  }
  if (own.trim() === '') return `${text}\n`
  // A key behind a table would be a key of the table.
  if (own.split('\n').some(isTable) && !isTable(text)) {
    throw new HookError(
      "another hook added keys to uv.toml, and the image's own has tables, behind which they would mean something else: have the hook write a table",
    )
  }
  return `${own.trimEnd()}\n${text}\n`
}
