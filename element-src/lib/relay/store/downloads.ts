import type { HttpClient } from '../../http/client.js'
import { faultOf, type HttpError } from '../../http/http-error.js'
import { looksLikeDistribution } from '../../index/distribution-file.js'
import { newDigest } from '../../index/hashes.js'
import type { PageFile } from '../../index/page.js'
import type { Asker } from '../upstream/answer.js'
import { type FetchedFile, fetchFile } from '../upstream/fetch-file.js'
import { sharedFor } from '../upstream/share.js'
import type { MirrorFolder } from './mirror-folder.js'
import { newSpool, type Reader } from './spool.js'

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
  /** Resolved when what has come whole is kept. */
  readonly flush: () => Promise<void>
}

/** What downloads need. */
export interface DownloadParts {
  /** The folder that is filled. */
  readonly mirror: MirrorFolder
  /** The mark of the index. */
  readonly origin: string
  /** Called when a file is kept. */
  readonly onKept: (key: string, file: PageFile) => Promise<void>
  /** Called when a file came, and is not kept, with the reason. */
  readonly onRefused: (file: PageFile, why: string) => void
  /** Called when a file did not come whole although its beginning did. */
  readonly onBroken: (file: PageFile, fault: HttpError) => void
  /** By which each of its times is multiplied. */
  readonly tempo: number
  /** When the relay ends. */
  readonly signal: AbortSignal
}

interface Running {
  readonly answer: Promise<FetchedFile>
  readonly join: (gone: AbortSignal) => Reader
  readonly canJoin: () => boolean
}

/** A file that nobody reads any more is given up when its server is silent for so long, in milliseconds. */
const silence = 60_000

/** So many bytes tell what a file is. */
const beginning = 512

/** Begins with nothing on its way. */
export const newDownloads = ({
  mirror,
  origin,
  onKept,
  onRefused,
  onBroken,
  tempo,
  signal,
}: DownloadParts): Downloads => {
  const running = new Map<string, Running>()
  /** What is still to be done for what came. */
  const keeping = new Set<Promise<unknown>>()

  const wait = (work: Promise<unknown>): void => {
    const waited = work.finally(() => keeping.delete(waited))
    keeping.add(waited)
  }

  const start = (key: string, file: PageFile, client: HttpClient, { headers }: Asker): Running => {
    const over = new AbortController()
    const stop = (): void => over.abort()
    signal.addEventListener('abort', stop)
    const storage = mirror.newFile()
    const born = Date.now()
    const digest = newDigest(file.hashes)
    let first = Buffer.alloc(0)
    let [isStored, hasBegun, hasEnded] = [storage !== undefined, false, false]
    const tidy = (): void => {
      if (spool.readers() > 0) return
      if (hasEnded) wait(Promise.resolve(storage?.remove()))
      // Nobody waits for its beginning, or the rest is not kept.
      else if (!hasBegun || !isStored) over.abort()
    }
    const onFull = (error: unknown): void => {
      isStored = false
      if (storage !== undefined) mirror.giveUp(error)
    }
    const spool = newSpool(storage, onFull, tidy)

    const keep = async ({ length, headers: said }: FetchedFile): Promise<void> => {
      if (storage === undefined || !isStored) return
      const isRight = digest.isRight()
      const isProven = isRight ?? (length !== undefined && said['content-encoding'] === undefined)
      if (isRight === false) return onRefused(file, 'its hash is not the one that the index names')
      if (!looksLikeDistribution(first)) return onRefused(file, 'what was sent is not a distribution')
      if (!isProven) return onRefused(file, 'the index names neither its hash nor its length, so it may not be whole')
      if (await mirror.keep(storage, file.name, digest.sha256(), file, origin)) await onKept(key, file)
    }

    const receive = async (fetched: FetchedFile): Promise<void> => {
      let heard = Date.now()
      const listening = setInterval(
        () => {
          if (spool.readers() === 0 && Date.now() - heard > silence * tempo) over.abort()
        },
        (silence * tempo) / 4,
      ).unref()
      try {
        for await (const chunk of fetched.chunks) {
          heard = Date.now()
          if (first.length < beginning) first = Buffer.concat([first, chunk.subarray(0, beginning)])
          digest.update(chunk)
          await spool.append(chunk)
        }
      } catch (error) {
        const fault = faultOf(error)
        spool.fail(fault)
        if (!over.signal.aborted) onBroken(file, fault)
        return
      } finally {
        clearInterval(listening)
      }
      // Its readers end at once; the next request finds the kept file.
      spool.finish()
      await keep(fetched)
    }

    const end = (): void => {
      hasEnded = true
      signal.removeEventListener('abort', stop)
      if (running.get(key) === entry) running.delete(key)
      tidy()
    }

    const asked = { url: file.url, headers, hasHash: digest.isRight() !== undefined }
    const answer = fetchFile(client, asked, over.signal).then(
      (fetched) => {
        hasBegun = true
        if (fetched.status === 200) wait(receive(fetched).finally(end))
        else {
          fetched.leave()
          end()
        }
        return fetched
      },
      (error) => {
        end()
        throw error
      },
    )
    const isInTime = (): boolean => hasBegun || Date.now() - born < sharedFor * tempo
    const canJoin = (): boolean => spool.isStored() && !over.signal.aborted && isInTime()
    const entry = { answer, join: spool.join, canJoin }
    return entry
  }

  const read = async (entry: Running, gone: AbortSignal): Promise<Download> => {
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
    get: (key, file, client, asker) => {
      const known = running.get(key)
      const entry = known?.canJoin() ? known : start(key, file, client, asker)
      running.set(key, entry)
      return read(entry, asker.gone)
    },
    join: (key, gone) => {
      const known = running.get(key)
      return known?.canJoin() ? read(known, gone) : undefined
    },
    flush: async () => {
      while (keeping.size > 0) await Promise.allSettled(keeping)
    },
  }
}
