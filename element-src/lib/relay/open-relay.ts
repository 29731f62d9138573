import { setMaxListeners } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { errorMessage } from '../base/errors.js'
import { type Client, newClient } from '../http/client.js'
import { folderIndex } from '../index/folder-index.js'
import type { RelayConfig, RelayIndex, RelayStatus } from './config.js'
import { newDownloads } from './download/downloads.js'
import { newMetadataFiles } from './download/metadata.js'
import { newFileIds } from './indexes/file-ids.js'
import { newOutages } from './indexes/outage.js'
import { serverIndex } from './indexes/server-index.js'
import { keepMetadata } from './keep/keep-metadata.js'
import { openMirrorFolder } from './keep/mirror-folder.js'
import { keptLine } from './kept-line.js'
import { newRelayLog } from './relay-log.js'
import { listen } from './server/listen.js'
import { notFound, refuse } from './server/reply.js'
import { routeOf } from './server/route.js'
import { fileServer } from './server/serve-file.js'
import { type ServedIndex, servePage, serveRoot } from './server/serve-page.js'

/** What the relay tells of itself, for those who look into a build. */
interface Report extends RelayStatus {
  /** How many files were fetched whole, kept or not, and how many were sent from the folder instead. */
  readonly fetchedFiles: number
  readonly servedFromFolder: number
  /** The indexes that went down, with the cause; no credential is in it. */
  readonly down: readonly { readonly label: string; readonly cause: string }[]
}

/** A relay that listens. */
export interface OpenRelay {
  /** Its port of 127.0.0.1. */
  readonly port: number
  /** Ends it: what is on its way is given up, what has come whole is written. */
  readonly end: () => Promise<void>
  /** Resolved when it has ended. */
  readonly ended: Promise<void>
}

/** For so long, in milliseconds, its end waits for what is still to be written. */
const lastWrites = 10_000

const isLoopback = (host: string): boolean => /^(?:127\.[\d.]+|localhost|0\.0\.0\.0|\[::1?\])$/i.test(host)

/**
 * Opens the relay.
 *
 * @param config What it is to do.
 * @param token The secret first part of the paths of its URLs.
 * @returns The relay; rejected with the system's error where it cannot listen, or the folder cannot be used.
 */
export const openRelay = async (config: RelayConfig, token: string): Promise<OpenRelay> => {
  const { retries } = config
  const log = newRelayLog(config.logFile)
  const over = new AbortController()
  const { signal } = over
  // Each request of many listens to it.
  setMaxListeners(0, signal)
  const outages = newOutages(config.unreachable, log)
  const mirror = config.fill === undefined ? undefined : openMirrorFolder(config.fill, log)
  const metadata = newMetadataFiles(retries)
  const broken = new Map<string, string>()
  const ownHashes = new Map<string, string>()
  const clients = new Map<RelayIndex, Client>()
  let servedFromFolder = 0
  let port = 0

  const origins = new Map<string, boolean>()
  const mayFetch = (url: string): boolean => {
    // Of a page's thousands of links most are to one server.
    const origin = /^[^/]*\/\/[^/]*/.exec(url)?.[0] ?? ''
    const known = origins.get(origin)
    if (known !== undefined) return known
    const { protocol, hostname, port: other } = new URL(url)
    const may = /^https?:$/.test(protocol) && !(isLoopback(hostname) && other === String(port))
    origins.set(origin, may)
    return may
  }

  const clientOf = (index: RelayIndex): Client => {
    // A folder's pages may link to servers, which get no credentials.
    const client = clients.get(index) ?? newClient({ ...index, url: index.url ?? 'http://127.0.0.1:0' }, config)
    clients.set(index, client)
    return client
  }

  const indexes = config.indexes.map((index): ServedIndex => {
    const { url, folder } = index
    const source =
      folder !== undefined
        ? folderIndex({ ...index, folder }, log)
        : serverIndex({ ...index, url: url ?? '' }, config, { client: clientOf(index), outages, log, mayFetch, signal })
    return { ...source, config: index, registry: newFileIds() }
  })

  const downloads = newDownloads({
    retries,
    mirror,
    signal,
    onWhole: async (index, key, file, sha256) => {
      if (mirror === undefined || sha256 === undefined) return
      ownHashes.set(`${index.label} ${key}`, sha256)
      await keepMetadata(file, clientOf(index), metadata, mirror)
    },
    onUnproven: ({ label }, { name }) =>
      log.warn(
        `${label} tells neither a hash nor the length of ${name}, so that it is not kept: an offline build lacks it`,
      ),
    onBroken: (index, key, file, fault) => {
      const cause = `${index.label} ${fault.message}, asked for ${file.name}`
      log.warn(cause)
      if (fault.kind === 'content') broken.set(`${index.label} ${key}`, cause)
      else if (config.unreachable === 'fail') outages.note(index.label, fault, file.name)
    },
  })

  const serveFile = fileServer({
    downloads,
    metadata,
    mirror,
    outages,
    log,
    retries,
    signal,
    broken,
    ownHashes,
    clientOf,
    onServedFromFolder: () => {
      servedFromFolder += 1
    },
    keepMetadata: async (file, client) => {
      if (mirror !== undefined && (await mirror.find(file.name, file.hashes)) !== undefined)
        await keepMetadata(file, client, metadata, mirror)
    },
  })

  const status = (): Report => ({
    folder: config.fill ?? null,
    keptFiles: mirror?.kept().files ?? 0,
    keptBytes: mirror?.kept().bytes ?? 0,
    fetchedFiles: downloads.fetched(),
    servedFromFolder,
    down: outages.all(),
  })

  let onEnded = (): void => undefined
  const ended = new Promise<void>((resolve) => {
    onEnded = resolve
  })
  const writeAll = async (): Promise<void> => {
    over.abort()
    const late = new Promise((resolve) => setTimeout(resolve, lastWrites).unref())
    await Promise.race([downloads.flush().then(() => mirror?.flush()), late])
  }
  let ending: Promise<void> | undefined
  const end = (): Promise<void> => {
    ending ??= writeAll()
    return ending
  }

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const route = routeOf(request.url ?? '', token)
    if (route === undefined) return notFound(response)
    if (route.kind === 'end' || route.kind === 'status') {
      if (route.kind === 'end') {
        if (request.method !== 'POST') return notFound(response)
        await end()
        response.on('close', onEnded)
      }
      response.writeHead(200, { 'Content-Type': 'application/json', Connection: 'close' }).end(JSON.stringify(status()))
      return
    }
    const index = indexes[route.index]
    if (index === undefined || (request.method !== 'GET' && request.method !== 'HEAD')) return notFound(response)
    const failure = outages.failure()
    if (failure !== undefined) return refuse(response, failure)
    if (route.kind === 'file') return serveFile(request, response, index, route.key, route.name)
    const project = route.kind === 'page' ? `${route.project}/` : ''
    if (!route.hasSlash) response.writeHead(301, { Location: `/${token}/${route.index}/simple/${project}` }).end()
    else if (route.kind === 'page') await servePage(request, response, route.project, index, indexes)
    else serveRoot(request, response, index)
  }

  const server = await listen((request, response) => {
    handle(request, response).catch((error) => {
      log.warn(`the relay could not answer a request: ${errorMessage(error)}`)
      if (response.headersSent) response.destroy()
      else refuse(response, `the relay could not answer: ${errorMessage(error)}`)
    })
  })
  port = server.port
  ended.then(() => server.close())
  return {
    port,
    ended,
    end: async () => {
      await end()
      const line = keptLine(status())
      if (line !== undefined) log.info(line)
      onEnded()
    },
  }
}
