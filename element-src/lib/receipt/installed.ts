import { closeSync, constants, fstatSync, openSync, readdirSync, readSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ignoreErrors } from '../base/errors.js'
import { parseMountinfo } from '../image/mounts.js'
import { normaliseName, versionKey } from '../index/distribution-file.js'
import { headersIn } from '../index/wheel-metadata.js'

/** A distribution of one project in one version, whoever installed it, as one text. */
export const distributionKey = (project: string, version: string): string => `${project} ${versionKey(version)}`

/** What a scan passes over: what a file has become meanwhile, or a name that is not UTF-8. */
const passedOver = ['ENOENT', 'ENOTDIR', 'ELOOP', 'ENXIO', 'EACCES']

/** The beginning of a file of the image. A link is not followed, nor is a pipe waited for. */
const readStart = (path: string): string => {
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
  const descriptor = ignoreErrors(passedOver, () => openSync(path, flags))
  if (descriptor === undefined) return ''
  try {
    if (!fstatSync(descriptor).isFile()) return ''
    const bytes = Buffer.alloc(16 * 1024)
    return bytes.toString('utf8', 0, readSync(descriptor, bytes))
  } finally {
    closeSync(descriptor)
  }
}

// Names of installed distributions (the recording of installed projects; setuptools' eggs and egg-info).
const recordName = /^([a-z0-9][^-]*)(?:-([^-]+)(?:-.*)?)?\.(dist-info|egg-info|egg)$/i

const readRecord = (folder: string, name: string, isFolder: boolean): string | undefined => {
  const [, project, version, kind = ''] = recordName.exec(name) ?? []
  if (project === undefined) return undefined
  const inside = kind.toLowerCase() === 'dist-info' ? 'METADATA' : 'PKG-INFO'
  // A file's own name need not have a version (setuptools, in a folder of sources).
  const known = version ?? headersIn(readStart(join(folder, name, isFolder ? inside : '')), 'Version')[0]
  return known === undefined ? undefined : distributionKey(normaliseName(project), known)
}

/**
 * Finds the distributions that are installed anywhere in an image, virtual environments too. No link is followed, and what
 * is mounted in it is not looked into, unless it is a partition of the image's.
 *
 * @param imageRoot The image's root, on the host.
 * @param partitions Where partitions of the image are mounted, in the image.
 */
export const findInstalled = (imageRoot: string, partitions: readonly string[]): ReadonlySet<string> => {
  const root = realpathSync(imageRoot)
  const own = new Set([root, ...partitions.map((path) => join(root, path, '.'))])
  const skipped = new Set([
    ...['dev', 'proc', 'sys'].map((name) => join(root, name)),
    ...parseMountinfo()
      .map(({ target }) => target)
      .filter((target) => !own.has(target)),
  ])
  const found = new Set<string>()
  const folders = [root]
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    const here = folder
    for (const entry of ignoreErrors(passedOver, () => readdirSync(here, { withFileTypes: true })) ?? []) {
      const isFolder = entry.isDirectory()
      if (!isFolder && !entry.isFile()) continue
      const record = /\.(?:dist-info|egg-info|egg)$/i.test(entry.name)
        ? readRecord(here, entry.name, isFolder)
        : undefined
      if (record !== undefined) found.add(record)
      const path = `${here === '/' ? '' : here}/${entry.name}`
      if (isFolder && !skipped.has(path)) folders.push(path)
    }
  }
  return found
}
