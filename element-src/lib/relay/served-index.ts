import { relative } from 'node:path'
import { newClient } from '../http/client.js'
import { HttpError } from '../http/http-error.js'
import { openFolder } from '../index/folder.js'
import { fileAtUrl } from '../index/local-url.js'
import { excludeNewer, isLocal, type PageFile } from '../index/page.js'
import type { Index } from '../settings/index-list.js'
import { isAskedAt, isKeptFor, markOf } from '../settings/project-patterns.js'
import type { Arrivals } from './arrivals.js'
import { newRemembered } from './remembered.js'
import type { Sendable } from './server/reply.js'
import { newDownloads } from './store/downloads.js'
import type { MirrorFolder } from './store/mirror-folder.js'
import { type MetadataAnswer, newMetadataFiles } from './upstream/fetch-file.js'
import { newOutage } from './upstream/outage.js'
import { serverIndex } from './upstream/server-index.js'
import type { Shared, Source } from './upstream/source.js'
import { newTraffic } from './upstream/traffic.js'

/** An index, and what its files are served from. Each is one by its place among the others: two may have one URL. */
export type ServedIndex = ReturnType<typeof openIndexes>[number]

/** A file of an index, as paths of the relay have it. */
export interface WantedFile {
  readonly index: ServedIndex
  readonly project: string
  /** What stands for it in its index. */
  readonly key: string
  readonly file: PageFile
}

/** For so many wheels' metadata somebody waits at most. */
const mostAwaited = 10_000

const originOf = (url: string): string => new URL(url).origin

/**
 * A folder of the host as an index. What is wrong in it extra-data.d says.
 *
 * @param folder Its own, in the local mirror if there is one.
 */
const folderIndex = ({ config, log }: Shared, index: Index, folder: string): Source => {
  const { mirror = folder, named = config.indexes, lock } = config
  const { files, projects } = openFolder(mirror, relative(mirror, folder))
  // What a lock has it has by its hash.
  const isAnyones = !index.isKept || lock !== undefined
  const refuse = (why: string) => {
    const cause = `${index.label} ${why}`
    log.warn(cause)
    return { kind: 'refused', cause } as const
  }
  const find: Source['find'] = async (project) => {
    try {
      const found = files(project)
      const all = found.filter((file) => isAnyones || isKeptFor(project, file, named))
      const other = found.find((file) => !all.includes(file))
      if (other !== undefined)
        log.once(
          `${other.name} in ${folder} is not used: no build kept it from an index that the mirrors file asks for ${project}. Build once online with DIB_PYPI_FILL_MIRROR`,
        )
      if (all.length === 0) return { kind: 'none' }
      const old = excludeNewer(all, index.excludeNewer)
      return old === undefined
        ? refuse(`names no upload times of ${project}, so exclude-newer cannot be kept: leave exclude-newer out for it`)
        : { kind: 'page', files: old, links: [] }
    } catch (error) {
      return refuse(`cannot be read: ${error instanceof Error ? error.message : error}`)
    }
  }
  return { projects, find, filesOf: find }
}

/**
 * Opens the indexes, in their order.
 *
 * @param mirror The folder that is filled.
 * @param arrivals What came into the build, if that is asked for.
 */
export const openIndexes = (shared: Shared, mirror: MirrorFolder | undefined, arrivals: Arrivals | undefined) => {
  const { config, log } = shared
  const traffic = newTraffic(shared.tempo)

  return config.indexes.map((index, place) => {
    const { label, url, folder } = index
    const origin = markOf(index)
    const send = traffic.watch(newClient({ ...config, own: index, asker: index.name === undefined ? 'host' : 'file' }))
    const outage = newOutage(shared, index, send)
    const source = folder === undefined ? serverIndex(shared, index, send, outage) : folderIndex(shared, index, folder)

    /** Takes note of a fault of a server, which is not always that of the index. */
    const onFault = ({ name, url: at }: PageFile, fault: HttpError): void => {
      const isOwn = originOf(at) === originOf(url)
      if (isOwn) outage.failed(fault)
      log.once(`${isOwn ? label : `${originOf(at)}, to which ${label} links,`} ${fault.message}, asked for ${name}`)
    }

    const metadata = newMetadataFiles(send, shared.tempo)
    const awaited = newRemembered<(metadata: Buffer | undefined) => void>(mostAwaited)
    const onMetadata = (key: string, bytes: Buffer | undefined): void => {
      awaited.get(key)?.(bytes)
      awaited.remove(key)
    }
    /** Keeps a wheel's metadata if the folder has the wheel. */
    const keepMetadata = async (file: PageFile, { bytes, sha256 }: MetadataAnswer): Promise<void> => {
      if (mirror !== undefined && sha256 !== undefined && (await mirror.find(file, origin)) !== undefined)
        await mirror.keepBytes(`${file.name}.metadata`, bytes, sha256)
    }
    const downloads =
      mirror &&
      newDownloads({
        ...shared,
        label,
        mirror,
        origin,
        send,
        onKept: async (key, file) => {
          if (file.coreMetadata === undefined) return
          // Not the relay's own signal: files that are kept as it ends still get their metadata.
          const asker = { headers: {}, gone: new AbortController().signal }
          const answer = await metadata(key, file, asker).catch(() => undefined)
          if (answer !== undefined) await keepMetadata(file, answer)
        },
        onMetadata,
        traffic,
        onBroken: onFault,
      })
    return {
      config: index,
      place,
      source,
      /** What sends requests for it; a folder's pages may link to servers. */
      send,
      metadata,
      /** The folder that is filled, the mark of the index in it, and what is on its way there. */
      mirror,
      origin,
      downloads,
      /** Where on the host a file is already; by the mark of the index, the folder that is filled takes note of who has it. */
      findFile: async (file: PageFile, mark?: string) => {
        if (!isLocal(file)) return mirror?.find(file, mark)
        return folder === undefined ? undefined : fileAtUrl(config.mirror ?? folder, file.url)
      },
      watch: (project: string, file: PageFile, sendable: Sendable): Sendable =>
        arrivals?.watch({ project, file, index, place }, sendable) ?? sendable,
      keepMetadata,
      /** Takes note of the metadata of a wheel that came, if it has none beside it; undefined if it cannot be read. */
      onMetadata,
      /** Resolved with such metadata, once it comes. */
      whenMetadata: (key: string): Promise<Buffer | undefined> => new Promise((resolve) => awaited.set(key, resolve)),
      onFault,
      /** Whether the server of a URL has too much to do for anything ahead. */
      isBusy: (at: string): boolean => traffic.at(new URL(at)).isBusy(),
      /** Whether it is asked for a project, by the rules of all. */
      isAsked: (project: string): boolean => isAskedAt(project, index, config.indexes),
      /** Takes note that an installer left after so many milliseconds without an answer. */
      onLeft: (milliseconds: number): void =>
        outage.failed(new HttpError('connection', `does not answer in ${Math.round(milliseconds / 1000)} s`)),
    }
  })
}
