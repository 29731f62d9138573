import { openFolder, placeOf } from '../../index/folder.js'
import { excludeNewer, type PageFile } from '../../index/page.js'
import type { Index } from '../../settings/index-list.js'
import type { RelayLog } from '../relay-log.js'
import type { Source } from './found.js'

/**
 * A folder of the host as an index. What is wrong in it extra-data.d says.
 *
 * @param mirror The local mirror that it is in.
 * @param isFor Whether one of its files may be used for a project.
 */
export const folderIndex = (
  config: Index & { readonly folder: string },
  log: RelayLog,
  mirror: string | undefined,
  isFor: (project: string, file: PageFile) => boolean,
): Source => {
  const { files, projects } = openFolder(placeOf(config.folder, mirror), () => undefined)
  const refuse = (cause: string) => {
    log.warn(cause)
    return { kind: 'refused', cause } as const
  }
  const find: Source['find'] = async (project) => {
    try {
      const found = files(project)
      const all = found.filter((file) => isFor(project, file))
      const other = found.find((file) => !all.includes(file))
      if (other !== undefined)
        log.once(
          `${other.name} in ${config.folder} is not used: no build kept it from an index that the mirrors file asks for ${project}. Build once online with DIB_PYPI_FILL_MIRROR`,
        )
      if (all.length === 0) return { kind: 'none' }
      const old = excludeNewer(all, config.excludeNewer)
      return old === undefined
        ? refuse(
            `${config.label} names no upload times of ${project}, so exclude-newer cannot be kept: leave exclude-newer out for it`,
          )
        : { kind: 'page', files: old, links: [] }
    } catch (error) {
      return refuse(`${config.label} cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { config, projects, find, filesOf: find }
}
