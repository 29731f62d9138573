import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join, relative } from 'node:path'

/** A file to write. */
export interface OutputFile {
  readonly content: string | Buffer
  /** Its permissions. */
  readonly mode: number
}

const writeFile = (path: string, { content, mode }: OutputFile): void => {
  mkdirSync(dirname(path), { recursive: true })
  if (existsSync(path) && readFileSync(path).equals(Buffer.from(content)) && (statSync(path).mode & 0o777) === mode)
    return
  const temporary = `${path}.new`
  writeFileSync(temporary, content)
  // In a step of its own, since the mode of a written file is subject to the umask.
  chmodSync(temporary, mode)
  renameSync(temporary, path)
}

const removeOthers = (top: string, folder: string, wanted: ReadonlySet<string>): void => {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name)
    if (entry.isDirectory()) {
      removeOthers(top, path, wanted)
      if (readdirSync(path).length === 0) rmdirSync(path)
    } else if (!wanted.has(relative(top, path))) unlinkSync(path)
  }
}

/**
 * Makes a folder hold these files and no others. What is right already stays untouched.
 *
 * @param files The files, by their paths below it.
 */
export const writeTree = (top: string, files: ReadonlyMap<string, OutputFile>): void => {
  mkdirSync(top, { recursive: true })
  for (const [path, file] of files) writeFile(join(top, path), file)
  removeOthers(top, top, new Set(files.keys()))
}
