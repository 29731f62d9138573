import type { OvermountedText } from '../image/state.js'
import { mergeConfigFile } from './config-files.js'

const urlsIn = (text: string): readonly string[] => text.match(/[a-z]+:\/\/[^\s"',]+/gi) ?? []

/**
 * Whether a text is our file's or was derived from it, as a hook's copy is.
 *
 * @param file Our file, as it was at first.
 * @param text The text.
 */
export const isMadeOfOurs = ({ content }: OvermountedText, text: string): boolean =>
  (content !== '' && text === content) || urlsIn(content).some((url) => text.includes(url))

const linesOf = (text: string): readonly string[] => text.split('\n').map((line) => line.trim())

/** Whether another hook wrote the whole file: of the lines that are ours alone, none is left. */
const isWrittenAnew = (file: OvermountedText, edited: string, isOurs: (text: string) => boolean): boolean => {
  const own = linesOf(file.own ?? '')
  const ours = linesOf(file.content).filter((line) => line !== '' && !line.startsWith('[') && !own.includes(line))
  const left = linesOf(edited)
  if (ours.length === 0 || ours.some((line) => left.includes(line))) return false
  return !isOurs(edited)
}

/**
 * The image's own file with what another hook appended to ours, where the addition begins with a section header: it then
 * means the same in either file, even where ours has a section of that name.
 */
const withAddition = (
  { content }: OvermountedText,
  own: string,
  edited: string,
  isOurs: (text: string) => boolean,
): string | undefined => {
  if (!edited.startsWith(content) || (own !== '' && !own.endsWith('\n'))) return undefined
  const added = edited.slice(content.length)
  const first = linesOf(added).find((line) => line !== '' && !/^[#;]/.test(line))
  return first?.startsWith('[') && !isOurs(added) ? own + added : undefined
}

/**
 * What the image's own file becomes when another hook has changed ours.
 *
 * @param file Our file, as it was at first.
 * @param own What the image's own says by now; undefined where there is none.
 * @param edited What ours says by now.
 * @param credentials The credentials, which must not get into the image.
 * @returns The image's file, or undefined where it stays as it is.
 * @throws UserError where the change cannot be told from ours.
 */
export const mergeText = (
  file: OvermountedText,
  own: string | undefined,
  edited: string,
  credentials: readonly string[],
): string | undefined => {
  if (edited === file.content) return undefined
  const isOurs = (text: string): boolean =>
    isMadeOfOurs(file, text) || credentials.some((credential) => text.includes(credential))
  const merged = isWrittenAnew(file, edited, isOurs)
    ? edited
    : (withAddition(file, own ?? '', edited, isOurs) ??
      mergeConfigFile(file.format, { own: own ?? '', mounted: file.content, edited, credentials }))
  return merged === (own ?? '') ? undefined : merged
}

/**
 * Whether the image's own file contains our configuration, which means that dib copied it while ours was mounted.
 * Otherwise it is as it was before the build, or another hook changed it after the unmounting.
 *
 * @param file Our file, as it was at first.
 * @param now What the image's own says by now.
 * @param edited What ours says by now.
 * @param credentials The credentials, which must not get into the image.
 */
export const isLeftBehind = (
  file: OvermountedText,
  now: string,
  edited: string,
  credentials: readonly string[],
): boolean => {
  if (now === '' || now === file.own) return false
  return now === file.content || (now === edited && mergeText(file, undefined, edited, credentials) !== edited)
}
