import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { easyInstallIndex } from '../settings/indexes.js'
import type { Environment } from '../settings/mirrors.js'
import type { PipSettings } from '../settings/settings.js'
import { type Edited, mergeEdits } from './pip/merge-edits.js'
import { type OverriddenKeys, renderPipConf } from './pip/pip-conf.js'
import { renderPydistutilsCfg } from './setuptools/pydistutils-cfg.js'
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
   * Its text while the build runs, a character a byte.
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
 * What is mounted over the image: the one list of it.
 *
 * @param settings The indexes and how to ask them.
 * @param overridden What files of the image set that pip reads before ours.
 * @param places Where root's installers look (findHomes).
 * @returns The files, in the order in which they are mounted.
 */
export const configFiles = (
  settings: PipSettings,
  overridden: OverriddenKeys,
  { homes, configHomes }: ConfigPlaces,
): readonly ConfigFile[] => {
  const pipConf = (path: string, render: ConfigFile['render']): ConfigFile => ({
    path,
    format: 'pip',
    ownsFolder: true,
    isForEveryone: false,
    render,
  })
  const uvToml = (path: string): ConfigFile => ({
    path,
    format: 'uv',
    ownsFolder: true,
    isForEveryone: false,
    render: () => renderUvToml(settings),
  })
  return [
    ...homes.flatMap((home): readonly ConfigFile[] => [
      pipConf(join(home, '.pip', 'pip.conf'), () => renderPipConf(settings, overridden)),
      {
        path: join(home, '.pydistutils.cfg'),
        format: 'setuptools',
        ownsFolder: false,
        isForEveryone: false,
        render: () => renderPydistutilsCfg(easyInstallIndex(settings.indexes)),
      },
    ]),
    ...configHomes.flatMap((configHome) => [
      uvToml(join(configHome, 'uv', 'uv.toml')),
      // It would beat ~/.pip/pip.conf key by key. pip 1.5 knows that one alone.
      pipConf(join(configHome, 'pip', 'pip.conf'), (own) =>
        own === undefined ? undefined : renderPipConf(settings, overridden),
      ),
    ]),
    { ...pipConf('/etc/xdg/pip/pip.conf', () => renderPipConf(settings, overridden)), isForEveryone: true },
    { ...uvToml('/etc/xdg/uv/uv.toml'), isForEveryone: true },
  ]
}

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
 * @throws HookError where the change cannot be told from ours.
 */
export const mergeConfigFile = (format: Format, states: Edited): string | undefined => merges[format](states)
