import { readdirSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { ifSeen } from '../base/files.js'
import { parseMountinfo } from '../image/mounts.js'
import { fileText } from '../image/path-in-root.js'
import { normaliseName, versionKey } from '../index/distribution-file.js'
import { headersIn } from '../index/wheel-metadata.js'

/** A distribution of one project in one version, whoever installed it, as one text. */
export const distributionKey = (project: string, version: string): string => `${project} ${versionKey(version)}`

// Names of installed distributions (the recording of installed projects; setuptools' eggs and egg-info).
const recordName = /^([a-z0-9][^-]*)(?:-([^-]+)(?:-.*)?)?\.(dist-info|egg-info|egg)$/i

const readRecord = (folder: string, name: string, isFolder: boolean): string | undefined => {
  const [, project, version, kind = ''] = recordName.exec(name) ?? []
  if (project === undefined) return undefined
  const inside = kind.toLowerCase() === 'dist-info' ? 'METADATA' : 'PKG-INFO'
  // A file's own name need not have a version (setuptools, in a folder of sources).
  const known =
    version ?? headersIn(ifSeen(() => fileText(join(folder, name, isFolder ? inside : '.'))) ?? '', 'Version')[0]
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
    // Passed over is what has become of a folder meanwhile, and a name that is not UTF-8.
    for (const entry of ifSeen(() => readdirSync(here, { withFileTypes: true })) ?? []) {
      const isFolder = entry.isDirectory()
      if (!isFolder && !entry.isFile()) continue
      const record = readRecord(here, entry.name, isFolder)
      if (record !== undefined) found.add(record)
      const path = `${here === '/' ? '' : here}/${entry.name}`
      if (isFolder && !skipped.has(path)) folders.push(path)
    }
  }
  return found
}
