import { statSync } from 'node:fs'
import type { RelayLog } from '../base/log.js'
import { newClient } from '../http/client.js'
import { HttpError } from '../http/http-error.js'
import { fileAtUrl } from '../index/local-url.js'
import { newDigest, type PageFile } from '../index/page.js'
import { isAskedAt } from '../settings/project-patterns.js'
import type { Arrivals } from './arrivals.js'
import type { RelayConfig } from './control.js'
import type { Sendable } from './server/reply.js'
import { newDownloads } from './store/downloads.js'
import type { MirrorFolder } from './store/mirror-folder.js'
import { metadataHashes, newMetadataFiles } from './upstream/fetch-file.js'
import { folderIndex, isKeptFor, markOf } from './upstream/folder-index.js'
import { isOfConnection, newOutage } from './upstream/outage.js'
import { serverIndex } from './upstream/server-index.js'
import type { Asker, Found } from './upstream/source.js'
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

/** What stands for a file in its index: the `nth` of that name on the project's page. */
export const keyOf = (project: string, nth: number, name: string): string => `${project}~${nth}/${name}`

/** Whether a file is in a folder that is an index. */
export const isLocal = ({ url }: PageFile): boolean => url.startsWith('file:')

/** What all indexes have in common. */
interface CommonParts {
  readonly config: RelayConfig
  readonly log: RelayLog
  /** The folder that is filled. */
  readonly mirror: MirrorFolder | undefined
  /** What came into the build, if that is asked for. */
  readonly arrivals: Arrivals | undefined
  /** Called with the metadata of a wheel that came, if its index, by its place, has none beside it. */
  readonly onMetadata: (place: number, key: string, metadata: Buffer | undefined) => void
  /** Whether a file that a page links to may be fetched. */
  readonly mayFetch: (file: PageFile) => boolean
  /** Called when an index is down, and the build is to end on that. */
  readonly onFailure: (cause: string) => void
  /** When the relay ends. */
  readonly signal: AbortSignal
}

const originOf = (url: string): string => new URL(url).origin

/** Opens the indexes, in their order. */
export const openIndexes = (parts: CommonParts) => {
  const { config, log, mirror, arrivals, mayFetch, onMetadata, onFailure, signal } = parts
  const { indexes, unreachable, tempo = 1 } = config
  const traffic = newTraffic(tempo)
  const down: (() => boolean)[] = []

  return indexes.map((index, place) => {
    const { label, url, folder } = index
    const origin = markOf(index)
    let downCause = ''
    const hasRules = index.excludeNewer !== undefined || indexes.some(({ projects, exclude }) => projects ?? exclude)
    const send = traffic.watch(newClient({ ...config, own: index, asker: index.name === undefined ? 'host' : 'file' }))
    // Folders do not count: they hold what was kept.
    const others = [...indexes.entries()].filter(([i, other]) => i !== place && other.folder === undefined)
    const outage = newOutage({
      label,
      unreachable,
      tempo,
      hasOthers: others.length > 0,
      connect: async (over) => {
        const headers = { 'User-Agent': 'dib-pypi-element' }
        const { body } = await send(new URL(url), { headers, signal: over })
        body.destroy()
      },
      log,
      onDown: (cause) => {
        downCause = cause
        if (unreachable === 'fail') onFailure(cause)
      },
      signal,
    })
    down[place] = outage.isDown
    const isAsked = (project: string, at = index): boolean => isAskedAt(project, at, indexes)
    const isElsewhere = (project: string): boolean =>
      others.some(([i, other]) => !down[i]?.() && isAsked(project, other))
    const whileDown = (project: string): Found | undefined => {
      if (unreachable === 'fail') return { kind: 'refused', cause: downCause }
      return unreachable === 'drop' && isElsewhere(project) ? { kind: 'none' } : undefined
    }
    // What a lock has it has by its hash.
    const isAnyones = !index.isKept || config.lock !== undefined
    const source =
      folder === undefined
        ? serverIndex(index, { send, outage, log, mayFetch, hasRules, whileDown })
        : folderIndex(
            { ...index, folder },
            log,
            config.mirror,
            (project, file) => isAnyones || isKeptFor(project, file, config.named ?? indexes),
          )

    /** Takes note of a fault of a server, which is not always that of the index. */
    const onFault = ({ name, url: at }: PageFile, fault: HttpError): void => {
      const isOwn = originOf(at) === originOf(url)
      if (isOwn && isOfConnection(fault)) outage.failed(fault)
      log.once(`${isOwn ? label : `${originOf(at)}, to which ${label} links,`} ${fault.message}, asked for ${name}`)
    }

    /** Where on the host something is that lies in the folder of the index: the local mirror, for one in that. */
    const findLocal = (at: string) => {
      const path = fileAtUrl(folder ? (config.mirror ?? folder) : '', at)
      return path === undefined ? undefined : { path, size: statSync(path).size }
    }
    const metadata = newMetadataFiles(send)
    /** Keeps a wheel's metadata if the folder has the wheel. */
    const keepMetadata = async (key: string, file: PageFile, asker: Asker): Promise<void> => {
      const there = file.coreMetadata === undefined ? undefined : await mirror?.find(file, origin)
      if (mirror === undefined || there === undefined) return
      const answer = await metadata(key, file, asker).catch(() => undefined)
      if (answer?.status !== 200) return
      const digest = newDigest(metadataHashes(file))
      digest.update(answer.bytes)
      if (digest.isRight() === false) return
      await mirror.keepBytes(`${file.name}.metadata`, answer.bytes, digest.sha256())
    }
    const ownMetadata = (key: string, bytes: Buffer | undefined): void => onMetadata(place, key, bytes)
    const downloads =
      mirror &&
      newDownloads({
        mirror,
        origin,
        send,
        // Not the relay's own signal: files that are kept as it ends still get their metadata.
        onKept: (key, file) => keepMetadata(key, file, { headers: {}, gone: new AbortController().signal }),
        onMetadata: ownMetadata,
        traffic,
        onRefused: ({ name }, why) =>
          log.once(`${name} of ${label} is not kept, so that an offline build lacks it: ${why}`),
        onBroken: onFault,
        tempo,
        signal,
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
      findLocal,
      /** Where on the host a file is already; by the mark of the index, the folder that is filled takes note of who has it. */
      findFile: async (file: PageFile, mark?: string) =>
        isLocal(file) ? findLocal(file.url) : mirror?.find(file, mark),
      /** Watches what is sent of a file of a project. */
      watch: (project: string, file: PageFile, sendable: Sendable): Sendable =>
        arrivals?.watch({ project, file, index, place }, sendable) ?? sendable,
      keepMetadata,
      onMetadata: ownMetadata,
      onFault,
      /** Whether the server of a URL has too much to do for anything ahead. */
      isBusy: (at: string): boolean => traffic.isBusy(originOf(at)),
      /** Whether it is asked for a project, by the rules of all. */
      isAsked: (project: string): boolean => isAsked(project),
      /** Takes note that an installer left after so many milliseconds without an answer. */
      onLeft: (milliseconds: number): void =>
        outage.failed(new HttpError('connection', `does not answer in ${Math.round(milliseconds / 1000)} s`)),
    }
  })
}
