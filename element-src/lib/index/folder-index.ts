import { readFileSync, realpathSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { ignoreErrors } from '../base/errors.js'
import type { RelayLog } from '../relay/relay-log.js'
import type { Source } from '../relay/upstream/found.js'
import type { Index } from '../settings/index-list.js'
import { projectsOf } from './distribution-file.js'
import { excludeNewer } from './exclude-newer.js'
import { newScanner } from './folder-scan.js'
import { readMetadata } from './metadata-file.js'
import type { PageFile } from './page.js'
import { readSums } from './sha256sums.js'

/** Where tools put their index: dir2pi, pip2pi and dumb-pypi; bandersnatch. */
const placesOfIndexes = ['', 'simple', 'web/simple']

/**
 * The path of a file that a folder holds, links followed.
 *
 * @param root The folder, on the host.
 * @param path What it holds.
 * @returns The path; undefined where there is no such file, or it lies outside the folder.
 */
export const pathInside = (root: string, path: string): string | undefined =>
  ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES', 'ELOOP'], () => {
    const real = realpathSync(path)
    return real.startsWith(`${realpathSync(root).replace(/\/$/, '')}/`) ? real : undefined
  })

/**
 * A folder of the host as an index: wheels and sdists side by side, a PEP 503 tree, folders with projects' names as written,
 * or several of these at once.
 *
 * @param config The index.
 * @param log Where to say what cannot be used.
 */
export const folderIndex = (config: Index & { readonly folder: string }, log: RelayLog): Source => {
  const root = config.folder
  const scanner = newScanner()

  const describe = (folder: string, names: readonly string[]): readonly PageFile[] => {
    const sums = readSums(folder)
    return names.map((name): PageFile => {
      const path = join(folder, name)
      const { isThere, requiresPython } = readMetadata(path)
      const sha256 = sums.get(name)
      const metadata = sums.get(`${name}.metadata`)
      return {
        name,
        url: pathToFileURL(path).href,
        hashes: sha256 === undefined ? {} : { sha256 },
        ...(requiresPython && { requiresPython }),
        ...(isThere && { coreMetadata: metadata === undefined ? true : { sha256: metadata } }),
      }
    })
  }

  const inFolder = async (folder: string, project: string): Promise<readonly PageFile[]> => {
    const text = ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES', 'EISDIR'], () =>
      readFileSync(join(folder, 'index.html'), 'utf8'),
    )
    if (text === undefined) return describe(folder, scanner(folder)?.files.get(project) ?? [])
    const { parseHtml } = await import('./parse-html.js')
    return parseHtml(text, pathToFileURL(join(folder, 'index.html'))).filter(({ name }) =>
      projectsOf(name).includes(project),
    )
  }

  // A page may name metadata that was not copied with the mirror.
  const withRealMetadata = (file: PageFile): PageFile => {
    if (file.coreMetadata === undefined || !file.url.startsWith('file:')) return file
    if (pathInside(root, `${fileURLToPath(file.url)}.metadata`) !== undefined) return file
    const { coreMetadata: _none, ...rest } = file
    return rest
  }

  const isUsable = ({ url }: PageFile): boolean =>
    !url.startsWith('file:') ||
    ignoreErrors(['ERR_INVALID_FILE_URL_PATH', 'ERR_INVALID_FILE_URL_HOST'], () =>
      pathInside(root, fileURLToPath(url)),
    ) !== undefined

  const filesOf = async (project: string): Promise<readonly PageFile[]> => {
    const all = new Map<string, PageFile>()
    for (const place of placesOfIndexes) {
      const folder = join(root, place)
      const found = scanner(folder)
      if (found === undefined) continue
      const folders = (found.folders.get(project) ?? []).map((name) => join(folder, name))
      const lists = [
        ...(await Promise.all(folders.map((name) => inFolder(name, project)))),
        describe(folder, found.files.get(project) ?? []),
      ]
      for (const file of lists.flat())
        if (!all.has(file.name) && isUsable(file)) all.set(file.name, withRealMetadata(file))
    }
    return [...all.values()]
  }

  const find: Source['find'] = async (project) => {
    try {
      const all = await filesOf(project)
      if (all.length === 0) return { kind: 'none' }
      const files = excludeNewer(all, config.excludeNewer)
      if (files !== undefined) return { kind: 'page', files }
      const cause = `${config.label} tells no upload times of ${project}, so that exclude-newer cannot be kept: leave exclude-newer out for it`
      log.warn(cause)
      return { kind: 'refused', cause }
    } catch (error) {
      const cause = `${config.label} cannot be read: ${error instanceof Error ? error.message : error}`
      log.warn(cause)
      return { kind: 'refused', cause }
    }
  }

  return {
    config,
    projects: () =>
      [
        ...new Set(
          placesOfIndexes.flatMap((place) => {
            const found = scanner(join(root, place))
            return found === undefined ? [] : [...found.files.keys(), ...found.folders.keys()]
          }),
        ),
      ].sort(),
    find,
    filesOf: find,
  }
}
