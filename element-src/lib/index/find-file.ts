import { readlinkSync, type Stats, statSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { mirrorMountPoint } from '../image/paths.js'

/** What the image sees at a path of the mirror. */
export type Found =
  /** A regular file. */
  | 'file'
  | 'folder'
  /** A FIFO, a socket or a device, at which an installer would wait. */
  | 'special'
  | 'missing'
  /** A symbolic link on the way leads to something outside the mirror, which the image cannot see. */
  | 'outside'

/** As many links as the kernel follows (path_resolution(7)). */
const manyLinks = 40

const kindOf = (entry: Stats | undefined): Found => {
  if (entry === undefined) return 'missing'
  if (entry.isFile()) return 'file'
  return entry.isDirectory() ? 'folder' : 'special'
}

/**
 * Looks up a path of the mirror as the image does, where the mirror alone is mounted: each symbolic link on the way is
 * followed from there, and not from where the mirror is on the host.
 *
 * @param mirror The mirror, on the host.
 * @param path A path below it, with `/` between names.
 */
export const findInMirror = (mirror: string, path: string): Found => {
  const todo = path.split('/')
  const done: string[] = []
  let links = 0
  for (let name = todo.shift(); name !== undefined; name = todo.shift()) {
    if (name === '' || name === '.') continue
    if (name === '..') {
      if (done.pop() !== undefined) continue
      // Out of the mirror and straight into it again.
      while (todo[0] === '.' || todo[0] === '') todo.shift()
      if (todo.shift() !== basename(mirrorMountPoint)) return 'outside'
      continue
    }
    const place = join(mirror, ...done, name)
    const target = ignoreErrors(['EINVAL', 'ENOENT', 'ENOTDIR'], () => readlinkSync(place))
    if (target === undefined) {
      done.push(name)
      continue
    }
    links += 1
    if (links > manyLinks) return 'missing'
    if (target.startsWith('/')) {
      const [, first, second, ...rest] = target.replace(/\/+/g, '/').split('/')
      if (`/${first}` !== dirname(mirrorMountPoint) || second !== basename(mirrorMountPoint)) return 'outside'
      done.length = 0
      todo.unshift(...rest)
    } else todo.unshift(...target.split('/'))
  }
  return kindOf(ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP'], () => statSync(join(mirror, ...done))))
}
