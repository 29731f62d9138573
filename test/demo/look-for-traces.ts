import { execFileSync } from 'node:child_process'
import { dirname } from 'node:path'
import { placesOf } from '../../element-src/lib/config/places.js'
import { cacheFolder } from '../../element-src/lib/image/stage.js'

/** What the element mounts over an image, from its own list, with the folders that are an installer's alone. */
const ours = placesOf({}).flatMap(({ path }) =>
  ['/root', '/etc'].includes(dirname(path)) ? [path] : [path, dirname(path)],
)

const isOurs = (name: string): boolean =>
  /^\/tmp\/\.?pypi/.test(name) || [...ours, cacheFolder].some((path) => name === path || name.startsWith(`${path}/`))

/**
 * Looks for mirror configuration in an image.
 *
 * @param tarball The image, as a tarball; its own root must have had no configuration of pip's.
 * @returns The entries that should not be there.
 */
export const lookForTraces = (tarball: string): readonly string[] =>
  execFileSync('tar', ['-tf', tarball], { encoding: 'utf8', maxBuffer: 1 << 28 })
    .split('\n')
    .filter((name) => isOurs(name.replace(/^\./, '').replace(/\/$/, '')))
