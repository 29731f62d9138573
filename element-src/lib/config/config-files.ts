import type { Environment } from '../base/command.js'
import { easyInstallIndex } from '../settings/index-list.js'
import type { PipSettings } from '../settings/settings.js'
import type { Section } from './pip/config-file.js'
import { type OwnFile, overlay, type Rule } from './pip/overlay.js'
import { renderEtcPipConf, renderPipConf, renderSystemPipConf } from './pip/pip-conf.js'
import { etcPipConf, etcUvToml, type Place, placesOf, textAt } from './places.js'
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

/** Where root's installers keep what they download, in the image: nothing of it stays there. */
export interface CacheFolders {
  readonly pip: string
  readonly uv: string
}

// distutils takes dashes for underscores (its dist.py).
const isNamed = (key: string, names: readonly string[]): boolean => names.includes(key.replaceAll('-', '_'))

/**
 * Renders .pydistutils.cfg, which easy_install and setuptools' setup_requires read (setuptools' documentation,
 * easy_install, Configuration Files).
 *
 * @param index The only index that they can use.
 * @param file The image's own file: what it sets besides indexes stays in force.
 * @returns The file's text. It is read with interpolation, so a percent sign is doubled. Python 2.7 undoes that only in a
 *   value that refers to another one: ours refers to an empty one.
 * @throws UserError if the image's own file cannot be read, naming it.
 */
export const renderPydistutilsCfg = (index: string, { path, own }: OwnFile): string => {
  const quoted = index.includes('%') ? `${index.replaceAll('%', '%%')}%(find_links)s` : index
  const ours: Section = { index_url: quoted, find_links: '' }
  const rule: Rule = (section, key) =>
    (section === 'easy_install' || section === 'DEFAULT') && isNamed(key, ['index_url', 'find_links', 'allow_hosts'])
      ? { value: undefined }
      : undefined
  return overlay(path, own, rule, { easy_install: ours })
}

/**
 * What is mounted over the image: the one list of it. It runs in the chroot.
 *
 * @param settings The indexes and how to ask them.
 * @param environment The environment that hooks in the chroot have.
 * @param caches Where root's installers keep what they download; undefined for their own places.
 * @returns The files, in the order in which they are mounted.
 */
export const configFiles = (
  settings: PipSettings,
  environment: Environment,
  caches?: CacheFolders,
): readonly ConfigFile[] => {
  const { roots, all } = placesOf(environment)
  const renderForRoot = ({ path, own }: OwnFile, { format }: Place): string | undefined => {
    if (format === 'setuptools') return renderPydistutilsCfg(easyInstallIndex(settings.indexes), { path, own })
    if (format === 'uv') return renderUvToml(settings, { path, own }, caches && { folder: caches.uv })
    // Each other one would beat ~/.pip/pip.conf, which alone pip 1.5 knows, key by key.
    const isNeeded = own !== undefined || path.endsWith('/.pip/pip.conf')
    return isNeeded ? renderPipConf(settings, { path, own }, caches?.pip) : undefined
  }
  const renderForAll = ({ path, own }: OwnFile, { format }: Place): string | undefined => {
    // uv reads it instead of /etc/uv/uv.toml.
    if (format === 'uv') {
      return renderUvToml(
        settings,
        own === undefined ? { path: etcUvToml, own: textAt(etcUvToml) } : { path, own },
        'none',
      )
    }
    if (path === etcPipConf) return renderEtcPipConf(settings, { path, own })
    return renderSystemPipConf(settings, { path, own }, [textAt(etcPipConf) ?? ''])
  }
  const asFile =
    (render: typeof renderForAll, isForEveryone: boolean) =>
    (place: Place): ConfigFile => ({
      ...place,
      ownsFolder: place.format !== 'setuptools' && place.path !== etcPipConf,
      isForEveryone,
      render: (own) => render({ path: place.path, own }, place),
    })
  return [...roots.map(asFile(renderForRoot, false)), ...all.map(asFile(renderForAll, true))]
}
