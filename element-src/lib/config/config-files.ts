import { join } from 'node:path'
import type { Environment } from '../base/command.js'
import { cacheFolder } from '../image/stage.js'
import { easyInstallIndex } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import {
  type OwnFile,
  renderEtcPipConf,
  renderPipConf,
  renderPydistutilsCfg,
  renderSystemPipConf,
} from './pip/pip-conf.js'
import { etcPipConf, etcUvToml, type Format, type Place, placesOf, textAt } from './places.js'
import { renderUvToml } from './uv/uv-toml.js'

/** A file that is mounted over the image's own while the build runs. */
export interface ConfigFile extends Place {
  /** Whether its folder is the installer's alone, so that the whole folder can be mounted over. */
  readonly ownsFolder: boolean
  /** Whether every user's installer reads it, not root's alone. */
  readonly isForEveryone: boolean
  /**
   * Its text while the build runs, one character per byte.
   *
   * @param own What the image's own file says; undefined if it has none.
   * @returns The text, or undefined if the image's own stays in force.
   */
  readonly render: (own: string | undefined) => string | undefined
}

/**
 * What is mounted over the image: the one list of it. It runs in the chroot.
 *
 * @param environment The environment that hooks in the chroot have.
 * @returns The files, in the order in which they are mounted.
 */
export const configFiles = (settings: PipSettings, environment: Environment): readonly ConfigFile[] => {
  const { roots, all } = placesOf(environment)
  const renderForRoot = (file: OwnFile, format: Format): string | undefined => {
    if (format === 'setuptools') return renderPydistutilsCfg(easyInstallIndex(settings.indexes), file)
    if (format === 'uv') return renderUvToml(settings, file, join(cacheFolder, 'uv'))
    // Each other one would beat ~/.pip/pip.conf, which alone pip 1.5 knows, key by key.
    const isNeeded = file.own !== undefined || file.path.endsWith('/.pip/pip.conf')
    return isNeeded ? renderPipConf(settings, file, join(cacheFolder, 'pip')) : undefined
  }
  const renderForAll = (file: OwnFile, format: Format): string | undefined => {
    // uv reads it instead of /etc/uv/uv.toml.
    const etcUv = { path: etcUvToml, own: textAt(etcUvToml) }
    if (format === 'uv') return renderUvToml(settings, file.own === undefined ? etcUv : file)
    if (file.path === etcPipConf) return renderEtcPipConf(settings, file)
    return renderSystemPipConf(settings, file, [textAt(etcPipConf) ?? ''])
  }
  return [...roots, ...all].map(({ path, format }) => {
    const isForEveryone = !roots.some((place) => place.path === path)
    const render = isForEveryone ? renderForAll : renderForRoot
    const ownsFolder = format !== 'setuptools' && path !== etcPipConf
    return { path, format, ownsFolder, isForEveryone, render: (own) => render({ path, own }, format) }
  })
}
