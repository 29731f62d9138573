import type { PageFile } from '../../index/page.js'
import type { Asker } from '../upstream/source.js'
import { type DownloadParts, type Running, startDownload } from './download.js'

/** What is on its way of an index's files; begins with nothing. */
export const newDownloads = (parts: DownloadParts) => {
  const { mirror, traffic } = parts
  const running = new Map<string, Running>()
  /** What is still to be done for what came. */
  const keeping = new Set<Promise<unknown>>()
  const wait = (work: Promise<unknown>): void => {
    const waited = work.finally(() => keeping.delete(waited))
    keeping.add(waited)
  }

  const start = (key: string, file: PageFile, headers: Asker['headers'], mayTake?: (bytes: number) => boolean) => {
    const storage = mayTake === undefined ? mirror.newFile() : mirror.newUnnamed()
    if (storage === undefined) return undefined
    const entry = startDownload(parts, key, file, headers, storage, wait, mayTake)
    running.set(key, entry)
    wait(entry.ended.finally(() => (running.get(key) === entry ? running.delete(key) : undefined)))
    return entry
  }

  const known = (key: string) => {
    const entry = running.get(key)
    return entry?.canJoin() ? entry : undefined
  }

  return {
    /**
     * Fetches a file. Further requests for the same file share the download.
     *
     * @param key What stands for the file in its index.
     * @returns Resolved once its server has begun to answer, whatever its status; rejected with an HttpError. Undefined if
     *   nothing is kept any more.
     */
    get: (key: string, file: PageFile, { headers, gone }: Asker) => {
      const joined = known(key)
      if (joined === undefined) running.get(key)?.guess.drop()
      return (joined ?? start(key, file, headers))?.read(gone)
    },
    /** The same, if it is on its way already. */
    join: (key: string, gone: AbortSignal) => known(key)?.read(gone),
    /**
     * Fetches a file for which nobody has asked, into a file without a name, while no file that was asked for comes from its
     * server.
     *
     * @param mayTake Asked for its length, or for each part of it if that is not told: false ends it.
     * @returns Undefined if it is on its way already, its server has no room for guesses, or nothing is kept any more.
     */
    guess: (key: string, file: PageFile, headers: Asker['headers'], mayTake: (bytes: number) => boolean) =>
      running.has(key) || traffic.at(new URL(file.url)).isNarrow()
        ? undefined
        : start(key, file, headers, mayTake)?.guess,
    /** Resolved when what has come whole is kept. */
    flush: async (): Promise<void> => {
      while (keeping.size > 0) await Promise.allSettled(keeping)
    },
  }
}
