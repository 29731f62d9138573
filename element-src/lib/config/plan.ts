import { lstatSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import type { Environment } from '../base/command.js'
import { UserError } from '../base/errors.js'
import { textAt } from '../base/files.js'
import { fileText, lstatAt, refuseFileAt, resolveLinks, wayTo } from '../image/path-in-root.js'
import { cacheFolder } from '../image/stage.js'
import { easyInstallIndex } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import type { OurFile } from './merge.js'
import type { OwnFile } from './pip/config-file.js'
import { renderEtcPipConf, renderPipConf, renderPydistutilsCfg, renderSystemPipConf } from './pip/pip-conf.js'
import { etcPipConf, etcUvToml, type Format, type Place, placesOf } from './places.js'
import { renderUvToml } from './uv/uv-toml.js'

/** One of our folders, to be mounted over one of the image's. */
export interface PlannedFolder extends Pick<Place, 'isForEveryone'> {
  /** The mount target, without links, as pip would follow them, dangling ones too. */
  readonly path: string
  /** Ours, below the stage folder. */
  readonly source: string
}

/** One of our files, in such a folder or by itself. */
export type PlannedFile = OurFile & PlannedFolder

/** @returns What a file says while the build runs; undefined if the image's own stays in force. */
const render = (settings: PipSettings, { path, format, isForEveryone }: Place, own?: string): string | undefined => {
  const file = { path, own }
  if (format === 'setuptools') return renderPydistutilsCfg(easyInstallIndex(settings.indexes), file)
  if (format === 'uv') {
    if (!isForEveryone) return renderUvToml(settings, file, join(cacheFolder, 'uv'))
    // uv reads it instead of /etc/uv/uv.toml.
    return renderUvToml(settings, own === undefined ? { path: etcUvToml, own: textAt(etcUvToml) } : file)
  }
  if (path === etcPipConf) return renderEtcPipConf(settings, file)
  if (isForEveryone) return renderSystemPipConf(settings, file, [textAt(etcPipConf) ?? ''])
  // Each other one would beat ~/.pip/pip.conf, which alone pip 1.5 knows, key by key.
  const isNeeded = own !== undefined || path.endsWith('/.pip/pip.conf')
  return isNeeded ? renderPipConf(settings, file, join(cacheFolder, 'pip')) : undefined
}

/** @throws UserError if something else is there or on the way, or a link leads to itself. */
export const findFolder = (path: string): string => {
  const real = resolveLinks(path)
  for (const folder of wayTo(real)) refuseFileAt('/', folder)
  return real
}

/** @throws UserError if it is something that pip cannot read, or a link leads to itself. */
export const findMountTarget = (path: string): string => {
  // The folders on the way are checked first: their fault is the one to fix.
  const real = resolveLinks(join(findFolder(dirname(path)), basename(path)))
  findFolder(dirname(real))
  if (lstatAt(real)?.isFile() === false)
    throw new UserError(`${path} in the image is not a file, which pip could read: remove it`)
  return real
}

/** Up to this size, in bytes, a folder is one of configuration: its files are copied. */
const mostBytes = 1 << 20

/** Whether a folder of the image's holds nothing but files and links, few enough to be an installer's alone. */
const isOfFilesAlone = (folder: string): boolean => {
  let bytes = 0
  for (const name of readdirSync(folder)) {
    const found = lstatSync(join(folder, name))
    bytes += found.isFile() ? found.size : found.isSymbolicLink() ? 0 : mostBytes + 1
  }
  return bytes <= mostBytes
}

/**
 * Decides what is mounted over the image: the whole folder if it belongs to one installer, so that other hooks can
 * replace the file in it; otherwise the file alone. Of two files that are one in the image, the first counts. It runs in the
 * chroot, changes nothing, and throws a UserError if something else is at a mount target, or a file there cannot be read.
 */
export const planMountsOver = (settings: PipSettings, environment: Environment) => {
  /** The files of which the image's own stay in force. */
  const others: (OwnFile & { readonly format: Format })[] = []
  const files = new Map<string, Omit<PlannedFile, 'source'>>()
  /** Each file by the path by which it is known, and by that without links. */
  const named: Omit<PlannedFolder, 'source'>[] = []
  const ownFolders = new Set<string>()
  for (const place of placesOf(environment)) {
    const { path: known, format, isForEveryone } = place
    const path = findMountTarget(known)
    const own = fileText(path)
    const content = render(settings, place, own)
    if (content === undefined) {
      others.push({ path, format, own })
      continue
    }
    const file = files.get(path) ?? { path, format, own, content, isForEveryone }
    files.set(path, file)
    const folder = findFolder(dirname(known))
    named.push({ ...file, path: join(folder, basename(known)) }, file)
    if (format !== 'setuptools' && known !== etcPipConf) ownFolders.add(folder)
  }
  const folders = [...ownFolders]
    .filter((path) => !named.some((file) => file.path.startsWith(`${path}/`) && dirname(file.path) !== path))
    .filter((path) => lstatAt(path) === undefined || isOfFilesAlone(path))
    .map((path, i): PlannedFolder => {
      const isForEveryone = named.some((file) => dirname(file.path) === path && file.isForEveryone)
      return { path, source: `folder-${i}`, isForEveryone }
    })
  const planned = [...files.values()].map((file, i): PlannedFile => {
    const folder = folders.find(({ path }) => path === dirname(file.path))
    return { ...file, source: folder === undefined ? `file-${i}` : join(folder.source, basename(file.path)) }
  })
  return { files: planned, folders, others }
}
