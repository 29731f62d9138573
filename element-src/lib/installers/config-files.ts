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
  /** Its name in the stage folder. */
  readonly source: string
  readonly format: Format
  /** Its text. */
  readonly content: string
}

/** root's home, in the image. */
const home = '/root'

/**
 * What is mounted over the image: the one list of it.
 *
 * @param settings The indexes and how to ask them.
 * @param overridden What files of the image set that pip reads before ours.
 * @param environment The environment that hooks in the chroot have.
 * @returns The files, in the order in which they are mounted.
 */
export const configFiles = (
  settings: PipSettings,
  overridden: OverriddenKeys,
  environment: Environment,
): readonly ConfigFile[] => {
  // ~/.config/pip/pip.conf would beat ~/.pip/pip.conf key by key. pip 1.5 knows ~/.pip/pip.conf alone.
  const configHome = environment['XDG_CONFIG_HOME'] || join(home, '.config')
  const newer = join(configHome, 'pip', 'pip.conf')
  return [
    {
      path: join(home, '.pip', 'pip.conf'),
      source: 'pip.conf',
      format: 'pip',
      content: renderPipConf(settings, overridden),
    },
    {
      path: join(home, '.pydistutils.cfg'),
      source: 'pydistutils.cfg',
      format: 'setuptools',
      content: renderPydistutilsCfg(easyInstallIndex(settings.indexes)),
    },
    { path: join(configHome, 'uv', 'uv.toml'), source: 'uv.toml', format: 'uv', content: renderUvToml(settings) },
    ...(existsSync(newer) ? [{ path: newer, source: 'newer-pip.conf', format: 'pip', content: '' } as const] : []),
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
