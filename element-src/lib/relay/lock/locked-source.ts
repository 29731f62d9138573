import type { PageFile } from '../../index/page.js'
import type { Arrival } from '../../receipt/bill.js'
import { indexAt } from '../../settings/index-list.js'
import type { RelayLog } from '../relay-log.js'
import type { Found, Source } from '../upstream/found.js'

/** What installers see of a lock: one index, whose host their paths show. */
export const lockedIndex = indexAt('http://lock')

// Neither yanked, which pip and uv refuse unpinned, nor with metadata, whose hash the lock does not have.
const pageFileOf = ({ file, sha256, length, uploaded, requiresPython }: Arrival): PageFile => ({
  name: file,
  url: `lock:${sha256}`,
  hashes: { sha256 },
  size: length,
  uploadTime: uploaded,
  requiresPython,
})

/** The files of a lock as an index: no server is asked for its pages. */
export const lockedSource = (lock: readonly Arrival[], log: RelayLog): Source => {
  const projects = new Map<string, PageFile[]>()
  for (const arrival of lock)
    projects.set(arrival.project, [...(projects.get(arrival.project) ?? []), pageFileOf(arrival)])
  const find = async (project: string): Promise<Found> => {
    const files = projects.get(project)
    if (files !== undefined) return { kind: 'page', files, links: [] }
    log.once(`${project} is not in the lock (DIB_PYPI_LOCK): the relay answers that there is no such project`)
    return { kind: 'none' }
  }
  return { config: lockedIndex, find, filesOf: find, projects: () => [...projects.keys()].sort() }
}
