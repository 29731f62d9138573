import { createHash } from 'node:crypto'
import type { OutputFile } from './write-tree.js'

/**
 * The checksums of an element's files, as `sha256sum -c` in the element's folder reads them: build/vendor.sh recognises
 * an unedited copy by them.
 *
 * @param element The element's name.
 * @param files All files of elements/, by their paths.
 */
export const manifest = (element: string, files: ReadonlyMap<string, OutputFile>): string =>
  [...files]
    .filter(([path]) => path.startsWith(`${element}/`))
    .map(([path, { content }]) => [path.slice(element.length + 1), createHash('sha256').update(content).digest('hex')])
    .sort(([a = ''], [b = '']) => (a < b ? -1 : 1))
    .map(([path, sum]) => `${sum}  ${path}\n`)
    .join('')
