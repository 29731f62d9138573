import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { entryInRoot } from '../image/path-in-root.js'
import type { State } from '../image/state.js'
import type { Format } from './config-files.js'
import { namedIndexes } from './named-indexes.js'

/** A file of an installer in the image, and what it said before the build. */
interface Before {
  readonly path: string
  readonly format: Format
  readonly own: string | undefined
}

// Where another hook would write that, and where nothing is mounted unless the image had such a file.
const mountedAtNeed: readonly Before[] = ['/etc/pip.conf', '/root/.config/pip/pip.conf'].map((path) => ({
  path,
  format: 'pip',
  own: undefined,
}))

/**
 * Looks for indexes that another hook wrote into the image's files while the build ran: from then on installers asked them
 * besides the mirrors, also where DIB_NO_PYPI_PIP or DIB_OFFLINE keep the official index away.
 *
 * @param root The image's root, on the host, with the hooks' changes in it.
 * @param done What pre-install.d did.
 * @returns A warning for each file, without passwords.
 */
export const lateIndexes = (root: string, done: State): readonly string[] => {
  const files: readonly Before[] = [
    ...done.files,
    ...done.folders.flatMap(({ files }) => files.map((file) => ({ ...file, path: file.ownPath }))),
  ]
  const others = mountedAtNeed.filter(({ path }) => files.every((file) => file.path !== path))
  return [...files, ...others].flatMap(({ path, format, own }) => {
    if (!entryInRoot(root, path)?.isFile()) return []
    const before = namedIndexes(format, own ?? '')
    const added = namedIndexes(format, readFileSync(join(root, path), 'latin1')).filter((url) => !before.includes(url))
    if (added.length === 0) return []
    return [
      `another element set ${added.join(', ')} in ${path}, and from then on its packages came from there, too: set it in finalise.d to have it in the image alone`,
    ]
  })
}
