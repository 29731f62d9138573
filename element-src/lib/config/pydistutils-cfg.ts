import type { Section } from './pip/config-file.js'
import { type OwnFile, overlay, type Rule } from './pip/overlay.js'

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
 * @throws UserError where the image's own file cannot be read, naming it.
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
