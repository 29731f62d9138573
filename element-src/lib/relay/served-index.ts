import { type HttpClient, newClient } from '../http/client.js'
import { HttpError } from '../http/http-error.js'
import { newDigest } from '../index/hashes.js'
import type { PageFile } from '../index/page.js'
import type { Index } from '../settings/index-list.js'
import type { Arrivals } from './arrivals.js'
import type { RelayConfig } from './config.js'
import { isAskedAt, isKeptFor, markOf } from './project-rules.js'
import type { RelayLog } from './relay-log.js'
import type { FileParts } from './server/serve-file.js'
import { newDownloads } from './store/downloads.js'
import type { MirrorFolder } from './store/mirror-folder.js'
import { folderIndex } from './upstream/folder-index.js'
import type { Found, Source } from './upstream/found.js'
import { metadataHashes, newMetadataFiles } from './upstream/metadata.js'
import { isOfConnection, newOutage } from './upstream/outage.js'
import { serverIndex } from './upstream/server-index.js'
import { newTraffic } from './upstream/traffic.js'

/** An index, and what its files are served from. Each is one by its place among the others: two may have one URL. */
export interface ServedIndex extends FileParts {
  readonly config: Index
  /** Its place among the others. */
  readonly place: number
  readonly source: Source
  /** What sends requests for which nobody has asked yet. */
  readonly aheadClient: HttpClient
  /** Whether the server of a URL has too much to do for anything ahead. */
  readonly isBusy: (url: string) => boolean
  /** Whether it is asked for a project, by the rules of all. */
  readonly isAsked: (project: string) => boolean
  /** Takes note that an installer left after so many milliseconds without an answer. */
  readonly onLeft: (milliseconds: number) => void
  /** Resolved when what came of it is kept. */
  readonly flush: () => Promise<void>
}

/** What all indexes have in common. */
export interface CommonParts {
  readonly config: RelayConfig
  readonly log: RelayLog
  /** The folder that is filled. */
  readonly mirror: MirrorFolder | undefined
  /** What came into the build, if that is asked for. */
  readonly arrivals: Arrivals | undefined
  /** Called with the metadata of a wheel that came, if its index, by its place, has none beside it. */
  readonly onMetadata: (place: number, key: string, metadata: Buffer) => void
  /** Whether a file that a page links to may be fetched. */
  readonly mayFetch: (file: PageFile) => boolean
  /** Called when an index is down, and the build is to end on that. */
  readonly onFailure: (cause: string) => void
  /** When the relay ends. */
  readonly signal: AbortSignal
}

const originOf = (url: string): string => new URL(url).origin

/** Opens the indexes, in their order. */
export const openIndexes = (parts: CommonParts): readonly ServedIndex[] => {
  const { config, log, mirror, arrivals, mayFetch, onMetadata, onFailure, signal } = parts
  const traffic = newTraffic(config.tempo)
  const down: (() => boolean)[] = []
  const hasRules = config.indexes.some(({ projects, exclude }) => projects ?? exclude)

  /** Folders do not count: they hold what was kept. */
  const hasOther = (own: number, project: string): boolean =>
    config.indexes.some(
      (other, i) =>
        i !== own && other.folder === undefined && !down[i]?.() && isAskedAt(project, other, config.indexes),
    )

  return config.indexes.map((index, i): ServedIndex => {
    const { label, url, folder } = index
    const origin = markOf(index)
    let downCause = ''
    const unwatched = newClient({ ...config, own: index, asker: index.name === undefined ? 'host' : 'file' })
    const [client, aheadClient] = [traffic.watch(unwatched, false), traffic.watch(unwatched, true)]
    const outage = newOutage({
      label,
      unreachable: config.unreachable,
      tempo: config.tempo ?? 1,
      hasOthers: config.indexes.some((other) => other !== index && other.folder === undefined),
      connect: async (over) => {
        const { body } = await client.request(new URL(url), {
          headers: { 'User-Agent': 'dib-pypi-element' },
          signal: over,
        })
        body.destroy()
      },
      log,
      onDown: (cause) => {
        downCause = cause
        if (config.unreachable === 'fail') onFailure(cause)
      },
      signal,
    })
    down[i] = outage.isDown
    const whileDown = (project: string): Found | undefined =>
      config.unreachable === 'fail'
        ? { kind: 'refused', cause: downCause }
        : config.unreachable === 'drop' && hasOther(i, project)
          ? { kind: 'none' }
          : undefined
    const source =
      folder === undefined
        ? serverIndex(index, {
            client,
            aheadClient,
            outage,
            log,
            mayFetch,
            hasRules: hasRules || index.excludeNewer !== undefined,
            whileDown,
          })
        : folderIndex(
            { ...index, folder },
            log,
            config.mirror,
            // What a lock has it has by its hash.
            index.isKept && config.lock === undefined
              ? (project, file) => isKeptFor(project, file, config.named ?? config.indexes)
              : () => true,
          )

    const onFault = ({ name, url: at }: PageFile, fault: HttpError): void => {
      const isOwn = originOf(at) === originOf(url)
      if (isOwn && isOfConnection(fault)) outage.failed(fault)
      log.once(`${isOwn ? label : `${originOf(at)}, to which ${label} links,`} ${fault.message}, asked for ${name}`)
    }

    const metadata = newMetadataFiles()
    const keepMetadata: FileParts['keepMetadata'] = async (key, file, asker) => {
      const there = file.coreMetadata === undefined ? undefined : await mirror?.find(file, origin)
      if (mirror === undefined || there === undefined) return
      const answer = await metadata(key, file, client, asker).catch(() => undefined)
      if (answer?.status !== 200) return
      const digest = newDigest(metadataHashes(file))
      digest.update(answer.bytes)
      if (digest.isRight() === false) return
      await mirror.keepBytes(`${file.name}.metadata`, answer.bytes, digest.sha256())
    }
    const downloads =
      mirror &&
      newDownloads({
        mirror,
        origin,
        // Not the relay's own signal: files that are kept as it ends still get their metadata.
        onKept: (key, file) => keepMetadata(key, file, { headers: {}, gone: new AbortController().signal }),
        onMetadata: (key, bytes) => onMetadata(i, key, bytes),
        traffic,
        onRefused: ({ name }, why) =>
          log.once(`${name} of ${label} is not kept, so that an offline build lacks it: ${why}`),
        onBroken: onFault,
        tempo: config.tempo ?? 1,
        signal,
      })
    return {
      config: index,
      place: i,
      source,
      client,
      aheadClient,
      isBusy: (at) => traffic.isBusy(originOf(at)),
      metadata,
      mirror,
      origin,
      downloads,
      folder: folder && (config.mirror ?? folder),
      watch: (project, file, sendable) => arrivals?.watch({ project, file, index, place: i }, sendable) ?? sendable,
      keepMetadata,
      onFault,
      isAsked: (project) => isAskedAt(project, index, config.indexes),
      onLeft: (milliseconds) =>
        outage.failed(new HttpError('connection', `does not answer in ${Math.round(milliseconds / 1000)} s`)),
      flush: async () => downloads?.flush(),
    }
  })
}
