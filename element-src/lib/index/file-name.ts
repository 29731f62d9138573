import { isDistribution } from './distribution-file.js'

/** The longest name that a file can have, in bytes (NAME_MAX of Linux' file systems). */
const longest = 255

/**
 * The name of the file to which a link leads: what stands behind the last slash of its path, decoded, as pip takes it.
 *
 * @param url Where the link leads.
 * @returns The name; undefined where it is that of no distribution, or none that a folder can hold.
 */
export const fileNameOf = (url: URL): string | undefined => {
  let name: string
  try {
    name = decodeURIComponent(url.pathname.slice(url.pathname.lastIndexOf('/') + 1))
  } catch {
    return undefined
  }
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused.
  if (/[\u0000-\u001f\u007f/\\]/.test(name)) return undefined
  return Buffer.byteLength(name) <= longest && isDistribution(name) ? name : undefined
}
