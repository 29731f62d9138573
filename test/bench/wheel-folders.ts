import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { makeWheels, sortIntoMirror } from '../support/servers/mirror.js'

/** The packages that are installed from each folder. */
export const installed = ['bench-alpha', 'bench-beta', 'bench-gamma']

/** The most names that a file is given: ext4 allows 65,000. */
const mostLinks = 10_000

/**
 * Makes a local mirror of many wheels. Those that are installed are whole, the others are names of one empty file.
 *
 * @param imageCache dib's cache, in which the mirror is to be.
 * @param layout The folder's layout.
 * @param files How many wheels it is to hold.
 * @returns dib's cache.
 */
export const makeWheelFolder = (imageCache: string, layout: 'flat' | 'tree', files: number): string => {
  const folder = join(imageCache, 'pypi', 'mirror')
  const sources = join(imageCache, 'sources')
  mkdirSync(sources, { recursive: true })
  makeWheels(
    folder,
    installed.map((name) => ({ name, version: '1', text: 'x = 1' })),
  )
  for (let index = installed.length; index < files; index += 1) {
    const source = join(sources, String(Math.floor(index / mostLinks)))
    if (index === installed.length || index % mostLinks === 0) writeFileSync(source, '')
    linkSync(source, join(folder, `filler_package_${index}-1.${index % 10}-py3-none-any.whl`))
  }
  if (layout === 'tree') sortIntoMirror(folder)
  return imageCache
}
