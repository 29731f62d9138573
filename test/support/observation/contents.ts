import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What a folder holds: each file's contents and permissions, by its path below the folder. Of a link, where it leads.
 */
export const contentsOf = (folder: string): Readonly<Record<string, readonly [string, number]>> =>
  Object.fromEntries(
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => [path, lstatSync(join(folder, path))] as const)
      .filter(([, stats]) => !stats.isDirectory())
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([path, stats]) => [
        path,
        [
          stats.isSymbolicLink() ? readlinkSync(join(folder, path)) : readFileSync(join(folder, path), 'utf8'),
          stats.mode & 0o777,
        ],
      ]),
  )
