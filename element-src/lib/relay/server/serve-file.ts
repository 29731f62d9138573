import { statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { fileURLToPath } from 'node:url'
import type { Client } from '../../http/client.js'
import { faultOf, statusFault } from '../../http/http-error.js'
import { newPatience, withRetries } from '../../http/retry.js'
import { pathInside } from '../../index/folder-index.js'
import type { PageFile } from '../../index/page.js'
import type { RelayIndex } from '../config.js'
import type { Downloads } from '../download/downloads.js'
import { type MetadataFiles, metadataHashes } from '../download/metadata.js'
import type { Outages } from '../indexes/outage.js'
import type { MirrorFolder } from '../keep/mirror-folder.js'
import type { RelayLog } from '../relay-log.js'
import { forwardRange, isForPart } from './forward-range.js'
import { notFound, refuse } from './reply.js'
import { fileOnDisk, headersOf, sendFile } from './send-file.js'
import type { ServedIndex } from './serve-page.js'

/** What serves files. */
export interface FileParts {
  readonly downloads: Downloads
  readonly metadata: MetadataFiles
  /** The folder that is filled. */
  readonly mirror: MirrorFolder | undefined
  readonly outages: Outages
  readonly log: RelayLog
  readonly retries: number
  /** When the relay ends. */
  readonly signal: AbortSignal
  /** What sends requests for an index; a folder's pages may link to servers. */
  readonly clientOf: (index: RelayIndex) => Client
  /** Files that differ from what their index says, with the cause, by the index's label and the file's key. */
  readonly broken: ReadonlyMap<string, string>
  /** sha256 of files that this relay has kept, in the same way: an index without hashes is not asked for them again. */
  readonly ownHashes: ReadonlyMap<string, string>
  /** Called when a file is sent from the folder that is filled. */
  readonly onServedFromFolder: () => void
  /** Keeps a wheel's metadata where the folder has the wheel. */
  readonly keepMetadata: (file: PageFile, client: Client) => Promise<void>
}

/** Resolved with the signal of a client that has gone. */
const goneSignal = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  return gone.signal
}

/**
 * Makes what serves the files that pages have listed.
 *
 * @param parts What it needs.
 */
export const fileServer = (parts: FileParts) => {
  const { downloads, metadata, mirror, outages, log, retries, signal, clientOf, broken, onServedFromFolder } = parts

  const serveLocal = (
    request: IncomingMessage,
    response: ServerResponse,
    index: ServedIndex,
    file: PageFile,
  ): Promise<void> | void => {
    const path = pathInside(index.config.folder ?? '', fileURLToPath(file.url))
    if (path === undefined) return notFound(response)
    return sendFile(request, response, file, fileOnDisk(path, statSync(path).size))
  }

  const serveMetadata = async (
    request: IncomingMessage,
    response: ServerResponse,
    index: ServedIndex,
    file: PageFile,
  ): Promise<void> => {
    const described = { name: `${file.name}.metadata`, hashes: metadataHashes(file) }
    if (file.url.startsWith('file:'))
      return serveLocal(request, response, index, { ...described, url: `${file.url}.metadata` })
    const client = clientOf(index.config)
    const bytes = await metadata.get(file, client)
    if (bytes === undefined) return notFound(response)
    await sendFile(request, response, described, {
      length: bytes.length,
      read: async function* (from, to) {
        yield bytes.subarray(from, to)
      },
    })
    await parts.keepMetadata(file, client)
  }

  const serveHead = async (response: ServerResponse, file: PageFile, client: Client): Promise<void> => {
    let length: string | number | undefined = file.size
    if (length === undefined) {
      const headers = { Accept: '*/*', 'Accept-Encoding': 'identity' }
      length = await withRetries(newPatience(retries, signal), async () => {
        const answered = await client(new URL(file.url), { method: 'HEAD', headers, signal })
        answered.body.resume()
        if (answered.status === 200) return answered.headers['content-length']
        // Some servers know GET alone.
        if (answered.status === 405 || answered.status === 501) return undefined
        throw statusFault(answered.status)
      })
    }
    response.writeHead(200, { ...headersOf(file), ...(length === undefined ? {} : { 'Content-Length': length }) }).end()
  }

  const serveWhole = async (
    request: IncomingMessage,
    response: ServerResponse,
    key: string,
    index: ServedIndex,
    file: PageFile,
  ): Promise<void> => {
    const sha256 = parts.ownHashes.get(`${index.config.label} ${key}`)
    const there = await mirror?.find(file.name, sha256 === undefined ? file.hashes : { sha256 })
    if (there !== undefined) {
      if (request.method === 'GET') onServedFromFolder()
      return sendFile(request, response, file, fileOnDisk(there.path, there.size))
    }
    const client = clientOf(index.config)
    if (request.method === 'HEAD') return serveHead(response, file, client)
    if (isForPart(request) && (await forwardRange(request, response, file, client, retries, signal))) return
    const download = await downloads.get(index.config, key, file, client, goneSignal(response))
    try {
      await sendFile(request, response, file, download)
    } finally {
      download.leave()
    }
  }

  /**
   * Serves a file, or its metadata.
   *
   * @param request The request, GET or HEAD.
   * @param response The response.
   * @param index The index whose page listed it.
   * @param key What stands for it.
   * @param name The name that the URL ends with.
   */
  return async (
    request: IncomingMessage,
    response: ServerResponse,
    index: ServedIndex,
    key: string,
    name: string,
  ): Promise<void> => {
    const file = index.registry.get(key)
    if (file === undefined) return notFound(response)
    const isMetadata = name === `${file.name}.metadata` && file.coreMetadata !== undefined
    if (!isMetadata && name !== file.name) return notFound(response)
    const cause = broken.get(`${index.config.label} ${key}`)
    if (cause !== undefined && !isMetadata) return refuse(response, cause)
    try {
      if (isMetadata) await serveMetadata(request, response, index, file)
      else if (file.url.startsWith('file:')) await serveLocal(request, response, index, file)
      else await serveWhole(request, response, key, index, file)
    } catch (error) {
      // A body that breaks is said where it is received; the connection is closed by now.
      if (response.headersSent || response.destroyed) return
      const fault = faultOf(error)
      const { label } = index.config
      if (fault.kind === 'connection') outages.note(label, fault, name)
      else log.warn(`${label} ${fault.message}, asked for ${name}`)
      refuse(response, `${label} ${fault.message}, asked for ${name}`)
    }
  }
}
