import type { Client } from '../../http/client.js'
import { faultOf, type HttpError } from '../../http/http-error.js'
import type { PageFile } from '../../index/page.js'
import type { RelayIndex } from '../config.js'
import type { MirrorFolder } from '../keep/mirror-folder.js'
import { fetchFile, type Incoming } from './fetch-file.js'
import { newSpool, type Reader } from './spool.js'
import { namelessFile } from './temporary-file.js'

/** A file that is on its way from a server. */
export interface Download extends Reader {
  /** How many bytes it has, where its server says so. */
  readonly length: number | undefined
}

/** What is on its way. */
export interface Downloads {
  /**
   * Fetches a file. Further requests for the same file share the download.
   *
   * @param index Its index.
   * @param key What stands for it there.
   * @param file What the index tells of it.
   * @param client What sends requests for the index.
   * @param gone When the client has gone.
   * @returns Resolved once its server has begun to answer; rejected with an HttpError.
   */
  readonly get: (index: RelayIndex, key: string, file: PageFile, client: Client, gone: AbortSignal) => Promise<Download>
  /** How many files were fetched whole. */
  readonly fetched: () => number
  /** Resolved when what has come whole is kept. */
  readonly flush: () => Promise<void>
}

/** What downloads need. */
export interface DownloadParts {
  readonly retries: number
  /** The folder that is filled. */
  readonly mirror: MirrorFolder | undefined
  /** Called when a file came whole: with its sha256 where the folder has it now. */
  readonly onWhole: (index: RelayIndex, key: string, file: PageFile, sha256: string | undefined) => Promise<void>
  /** Called when a file would be kept, and nothing tells whether it came whole. */
  readonly onUnproven: (index: RelayIndex, file: PageFile) => void
  /** Called when a file did not come whole although its beginning did, with the cause. */
  readonly onBroken: (index: RelayIndex, key: string, file: PageFile, fault: HttpError) => void
  /** When the relay ends. */
  readonly signal: AbortSignal
}

interface Running {
  /** How many bytes come, once that is known. */
  readonly length: Promise<number | undefined>
  readonly join: (gone: AbortSignal) => Reader
  readonly canJoin: () => boolean
}

const idOf = ({ label }: RelayIndex, key: string): string => `${label} ${key}`

/**
 * Begins with nothing on its way.
 *
 * @param parts What is needed.
 */
export const newDownloads = ({ retries, mirror, onWhole, onUnproven, onBroken, signal }: DownloadParts): Downloads => {
  /** By index and key. */
  const running = new Map<string, Running>()
  /** What is still to be done for what came. */
  const keeping = new Set<Promise<unknown>>()
  let fetched = 0

  const wait = (work: Promise<unknown>): void => {
    const waited = work.finally(() => keeping.delete(waited))
    keeping.add(waited)
  }

  const start = (index: RelayIndex, key: string, file: PageFile, client: Client): Running => {
    const id = idOf(index, key)
    const over = new AbortController()
    const stop = (): void => over.abort()
    signal.addEventListener('abort', stop)
    const named = mirror?.newFile()
    const storage = named ?? namelessFile()
    let isStored = true
    let hasEnded = false
    const tidy = (): void => {
      if (spool.readers() > 0) return
      if (hasEnded) wait(storage.remove())
      // The rest has no reader, and is not kept.
      else if (!isStored || named === undefined) over.abort()
    }
    const spool = newSpool(
      storage,
      (error) => {
        isStored = false
        if (named !== undefined) mirror?.giveUp(error)
      },
      tidy,
    )

    const keep = async ({ sha256, isProven }: Incoming): Promise<void> => {
      fetched += 1
      const canKeep = isStored && named !== undefined && mirror !== undefined
      if (canKeep && !isProven) onUnproven(index, file)
      const isKept = canKeep && isProven && (await mirror.keep(named, file.name, sha256()))
      await onWhole(index, key, file, isKept ? sha256() : undefined)
    }

    const receive = async (incoming: Incoming): Promise<void> => {
      try {
        for await (const chunk of incoming.chunks) await spool.append(chunk)
      } catch (error) {
        const fault = faultOf(error)
        spool.fail(fault)
        if (!over.signal.aborted) onBroken(index, key, file, fault)
        return
      }
      // Its readers end at once; the next request finds the kept file.
      spool.finish()
      await keep(incoming)
    }

    const end = (): void => {
      hasEnded = true
      signal.removeEventListener('abort', stop)
      if (running.get(id) === entry) running.delete(id)
      tidy()
    }

    const length = fetchFile(file, client, retries, over.signal).then(
      (incoming) => {
        wait(receive(incoming).finally(end))
        return incoming.length
      },
      (error) => {
        end()
        throw error
      },
    )
    const entry = { length, join: spool.join, canJoin: () => spool.isStored() && !over.signal.aborted }
    return entry
  }

  return {
    fetched: () => fetched,
    get: async (index, key, file, client, gone) => {
      const id = idOf(index, key)
      const known = running.get(id)
      const entry = known?.canJoin() ? known : start(index, key, file, client)
      running.set(id, entry)
      const reader = entry.join(gone)
      try {
        return { ...reader, length: await entry.length }
      } catch (error) {
        reader.leave()
        throw error
      }
    },
    flush: async () => {
      while (keeping.size > 0) await Promise.allSettled(keeping)
    },
  }
}
