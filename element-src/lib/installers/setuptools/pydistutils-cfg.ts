import { remark, renderConfigFile } from '../pip/config-file.js'

/**
 * Renders .pydistutils.cfg, which easy_install and setuptools' setup_requires read (setuptools' documentation,
 * easy_install, Configuration Files).
 *
 * @param index The only index that they can use.
 * @returns The file's text. It is read with interpolation, so that a percent sign is doubled. Python 2.7 makes one of two
 *   only where the value refers to another: here to an empty one.
 */
export const renderPydistutilsCfg = (index: string): string =>
  renderConfigFile(remark, {
    easy_install: index.includes('%')
      ? { index_url: `${index.replaceAll('%', '%%')}%(find_links)s`, find_links: '' }
      : { index_url: index },
  })
