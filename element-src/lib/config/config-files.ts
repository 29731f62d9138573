import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../base/environment.js'
import { ignoreErrors } from '../base/errors.js'
import { easyInstallIndex } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import { type Edited, mergeEdits } from './pip/merge-edits.js'
import {
  type OverriddenKeys,
  type OwnFile,
  renderEtcPipConf,
  renderPipConf,
  renderSystemPipConf,
} from './pip/pip-conf.js'
import { renderPydistutilsCfg } from './pydistutils-cfg.js'
import { mergeUvEdits } from './uv/merge-edits.js'
import { renderUvToml } from './uv/uv-toml.js'

/** The formats of the installers' files. */
export type Format = 'pip' | 'setuptools' | 'uv'

/** A file that is mounted over the image's own while the build runs. */
export interface ConfigFile {
  /** The path by which the installer knows it, in the image. */
  readonly path: string
  readonly format: Format
  /** Whether its folder is the installer's alone, so that the whole folder can be mounted over. */
  readonly ownsFolder: boolean
  /** Whether every user's installer reads it, not root's alone. */
  readonly isForEveryone: boolean
  /**
   * Its text while the build runs, one character per byte.
   *
   * @param own What the image's own file says; undefined where it has none.
   * @returns The text, or undefined where the image's own stays in force.
   */
  readonly render: (own: string | undefined) => string | undefined
}

/** root's home, in the image. */
export const rootsHome = '/root'

/** Where installers find their files, in the image: all paths that the element mounts over. */
export interface ConfigPlaces {
  /** The homes in which root's installers look. */
  readonly homes: readonly string[]
  /** The folders of root's configuration in the order of homes. */
  readonly configHomes: readonly string[]
}

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)]

/**
 * Where root's installers look for their files: /root, and the home that an element's environment.d gave the hooks, where
 * that is there.
 *
 * @param environment The environment that hooks in the chroot have.
 */
export const findHomes = (environment: Environment): ConfigPlaces => {
  const other = environment['HOME'] ?? ''
  const homes = unique([rootsHome, ...(other.startsWith('/') && existsSync(other) ? [other] : [])])
  const configHome = environment['XDG_CONFIG_HOME']
  return { homes, configHomes: configHome ? [configHome] : homes.map((home) => join(home, '.config')) }
}

/**
 * Says whom a home that is not there yet leaves out: nothing is made in its place, so that `useradd --create-home` and
 * `mkdir` of another element work as without this one.
 *
 * @param environment The environment that hooks in the chroot have.
 * @returns A warning, or none where the home is there. /root is made where it is missing.
 */
export const homeWarnings = (environment: Environment): readonly string[] => {
  const home = environment['HOME'] ?? ''
  return !home.startsWith('/') || home === rootsHome || existsSync(home)
    ? []
    : [
        `HOME is ${home}, which the image does not have yet: pip and uv find the mirrors there by the system-wide files, but easy_install, pip 1.5 and uv before 0.4.26 do not; create the folder in root.d`,
      ]
}

/** Where root's installers keep what they download, in the image: mounts of ours, so that nothing of it stays there. */
export interface CacheFolders {
  readonly pip: string
  readonly uv: string
}

/**
 * What is mounted over the image: the one list of it.
 *
 * @param settings The indexes and how to ask them.
 * @param overridden What is set in files of the image that pip reads before ours and that are not mounted over.
 * @param places Where root's installers look (findHomes).
 * @param caches Where root's installers keep what they download; undefined for their own places.
 * @returns The files, in the order in which they are mounted.
 */
export const configFiles = (
  settings: PipSettings,
  overridden: OverriddenKeys,
  { homes, configHomes }: ConfigPlaces,
  caches?: CacheFolders,
): readonly ConfigFile[] => {
  const file = (
    path: string,
    format: Format,
    render: (file: OwnFile) => string | undefined,
    attributes: Partial<ConfigFile> = {},
  ): ConfigFile => ({
    path,
    format,
    ownsFolder: true,
    isForEveryone: false,
    render: (own) => render({ path, own }),
    ...attributes,
  })
  const rootsPipConf = (own: OwnFile) => renderPipConf(settings, own, overridden, caches?.pip)
  const everyones = { isForEveryone: true }
  return [
    ...homes.flatMap((home) => [
      file(join(home, '.pip', 'pip.conf'), 'pip', rootsPipConf),
      file(
        join(home, '.pydistutils.cfg'),
        'setuptools',
        (own) => renderPydistutilsCfg(easyInstallIndex(settings.indexes), own),
        { ownsFolder: false },
      ),
    ]),
    ...configHomes.flatMap((configHome) => [
      file(join(configHome, 'uv', 'uv.toml'), 'uv', (own) =>
        renderUvToml(settings, own, caches && { folder: caches.uv }),
      ),
      // It would beat ~/.pip/pip.conf key by key. pip 1.5 knows that one alone.
      file(join(configHome, 'pip', 'pip.conf'), 'pip', (file) =>
        file.own === undefined ? undefined : rootsPipConf(file),
      ),
    ]),
    file('/etc/xdg/pip/pip.conf', 'pip', (own) => renderSystemPipConf(settings, own), everyones),
    file('/etc/pip.conf', 'pip', (own) => renderEtcPipConf(settings, own), { ...everyones, ownsFolder: false }),
    // uv reads it instead of /etc/uv/uv.toml.
    file(
      '/etc/xdg/uv/uv.toml',
      'uv',
      (file) => renderUvToml(settings, file.own === undefined ? otherOwn('/etc/uv/uv.toml') : file, 'none'),
      everyones,
    ),
  ]
}

/** Another file of the image, which ours takes the place of. */
const otherOwn = (path: string): OwnFile => ({
  path,
  // A FIFO there would keep a reader waiting, and uv with it.
  own: ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP'], () => statSync(path))?.isFile()
    ? readFileSync(path, 'latin1')
    : undefined,
})

const merges: Readonly<Record<Format, (states: Edited) => string | undefined>> = {
  pip: mergeEdits,
  setuptools: mergeEdits,
  uv: mergeUvEdits,
}

/**
 * What the image's own file becomes when another hook has changed ours.
 *
 * @param format The file's format.
 * @param states The file's three states.
 * @returns The image's file, or undefined where nothing of the change is another hook's.
 * @throws UserError where the change cannot be told from ours.
 */
export const mergeConfigFile = (format: Format, states: Edited): string | undefined => merges[format](states)
