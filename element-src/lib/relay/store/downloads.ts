import type { HttpClient } from '../../http/client.js'
import type { PageFile } from '../../index/page.js'
import type { Asker } from '../upstream/answer.js'
import type { FetchedFile } from '../upstream/fetch-file.js'
import { type DownloadParts, type Guess, type Running, startDownload, type Wanted } from './download.js'
import type { Reader } from './spool.js'

/** A file that is on its way into the folder that is filled, and can be read meanwhile. */
export interface Download extends Reader {
  /** What its server says of it. */
  readonly fetched: FetchedFile
}

/** What is on its way. */
export interface Downloads {
  /**
   * Fetches a file. Further requests for the same file share the download.
   *
   * @param key What stands for the file, and for its index.
   * @returns Resolved once its server has begun to answer, whatever its status; rejected with an HttpError.
   */
  readonly get: (key: string, file: PageFile, client: HttpClient, asker: Asker) => Promise<Download>
  /** The same, if it is on its way already. */
  readonly join: (key: string, gone: AbortSignal) => Promise<Download> | undefined
  /**
   * Fetches a file for which nobody has asked, into a file without a name, while no file that was asked for comes from its server.
   *
   * @param mayTake Asked for its length, or for each part of it if that is not told: false ends it.
   * @returns Undefined if it is on its way already, its server has no room for guesses, or nothing is kept any more.
   */
  readonly guess: (
    key: string,
    file: PageFile,
    client: HttpClient,
    headers: Asker['headers'],
    mayTake: (bytes: number) => boolean,
  ) => Guess | undefined
  /** Resolved when what has come whole is kept. */
  readonly flush: () => Promise<void>
}

/** Begins with nothing on its way. */
export const newDownloads = (parts: DownloadParts): Downloads => {
  const running = new Map<string, Running>()
  /** What is still to be done for what came. */
  const keeping = new Set<Promise<unknown>>()

  const start = (wanted: Wanted): Running => {
    const { key } = wanted
    const wait = (work: Promise<unknown>): void => {
      const waited = work.finally(() => keeping.delete(waited))
      keeping.add(waited)
    }
    const entry = startDownload(parts, wanted, wait, (ended) => {
      if (running.get(key) === ended) running.delete(key)
    })
    running.set(key, entry)
    return entry
  }

  const read = async (entry: Running, gone: AbortSignal): Promise<Download> => {
    entry.want()
    const reader = entry.join(gone)
    const leave = (): void => reader.leave()
    gone.addEventListener('abort', leave)
    try {
      return { ...reader, fetched: await entry.answer }
    } catch (error) {
      reader.leave()
      throw error
    }
  }

  return {
    get: (key, file, client, { headers, gone }) => {
      const known = running.get(key)
      const entry = known?.canJoin() ? known : start({ key, file, client, headers, storage: parts.mirror.newFile() })
      if (entry !== known) known?.guess.drop()
      return read(entry, gone)
    },
    join: (key, gone) => {
      const known = running.get(key)
      return known?.canJoin() ? read(known, gone) : undefined
    },
    guess: (key, file, client, headers, mayTake) => {
      const isNarrow = parts.traffic.isNarrow(new URL(file.url).origin)
      const storage = running.has(key) || isNarrow ? undefined : parts.mirror.newUnnamed()
      return storage && start({ key, file, client, headers, storage, mayTake }).guess
    },
    flush: async () => {
      while (keeping.size > 0) await Promise.allSettled(keeping)
    },
  }
}
