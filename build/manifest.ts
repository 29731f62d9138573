import { createHash } from 'node:crypto'
import type { OutputFile } from './write-tree.js'

/**
 * The checksums of an element's files, each without a first line that names an interpreter: by them build/manifest.sh
 * recognises an unedited copy.
 *
 * @param files All files of elements/, by their paths.
 */
export const manifest = (element: string, files: ReadonlyMap<string, OutputFile>): string =>
  [...files]
    .filter(([path]) => path.startsWith(`${element}/`))
    .map(([path, { content }]) => [
      path.slice(element.length + 1),
      createHash('sha256')
        .update(String(content).replace(/^#!.*\n/, ''))
        .digest('hex'),
    ])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([path, sum]) => `${sum}  ${path}\n`)
    .join('')
