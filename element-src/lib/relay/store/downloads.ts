import { faultOf, type HttpError } from '../../http/http-error.js'
import { looksLikeDistribution } from '../../index/distribution-file.js'
import { newDigest, type PageFile } from '../../index/page.js'
import { isUndescribed, readWheelMetadata } from '../../index/wheel-metadata.js'
import { type FetchedFile, fetchFile } from '../upstream/fetch-file.js'
import { type Asker, sharedFor } from '../upstream/source.js'
import type { SendRequest, Traffic } from '../upstream/traffic.js'
import { newSpool, type Reader, type TemporaryFile } from './growing-file.js'
import type { MirrorFolder } from './mirror-folder.js'

/** A file that is on its way into the folder that is filled, and can be read meanwhile. */
export interface Download extends Reader {
  /** What its server says of it. */
  readonly fetched: FetchedFile
}

/** A file for which no installer has asked yet. It becomes a download like any other when one does. */
export interface Guess {
  /** Resolved with whether an installer asked for it; if not, it was dropped, failed, or the relay ended. */
  readonly isWanted: Promise<boolean>
  /** Resolved when its bytes are here, or no more of them come. */
  readonly received: Promise<unknown>
  /** Ends it, unless an installer has asked for it: nothing is left of it. */
  readonly drop: () => void
}

/** What an index's downloads need. */
interface DownloadParts {
  /** The folder that is filled. */
  readonly mirror: MirrorFolder
  /** The mark of the index. */
  readonly origin: string
  readonly send: SendRequest
  /** Called when a file is kept. */
  readonly onKept: (key: string, file: PageFile) => Promise<void>
  /** Called with the metadata of a wheel that has come, asked for or not, if its index has none beside it: undefined if it cannot be read. */
  readonly onMetadata: (key: string, metadata: Buffer | undefined) => void
  readonly traffic: Traffic
  /** Called when a file came, and is not kept, with the reason. */
  readonly onRefused: (file: PageFile, why: string) => void
  /** Called when a file did not come whole although its beginning did. */
  readonly onBroken: (file: PageFile, fault: HttpError) => void
  /** By which each of its times is multiplied. */
  readonly tempo: number
  /** When the relay ends. */
  readonly signal: AbortSignal
}

/** A file that nobody reads any more is given up when its server is silent for so long, in milliseconds. */
const silence = 60_000

/** A guess that has been silent for so long, in milliseconds, is nothing that an installer joins. */
const stalled = 5_000

/** So many bytes tell what a file is. */
const beginning = 512

/** Takes note of what is still to be done. */
type Wait = (work: Promise<unknown>) => void

/** One file on its way. */
type Running = ReturnType<typeof startDownload>

/**
 * Begins to fetch a file.
 *
 * @param key What stands for it in its index.
 * @param mayTake For a guess: asked for its length, or for each part of it if that is not told; false ends it.
 */
const startDownload = (
  { mirror, origin, send, traffic, tempo, signal, ...on }: DownloadParts,
  key: string,
  file: PageFile,
  headers: Asker['headers'],
  storage: TemporaryFile,
  wait: Wait,
  mayTake?: (bytes: number) => boolean,
) => {
  const born = Date.now()
  const server = new URL(file.url).origin
  const digest = newDigest(file.hashes)
  const over = new AbortController()
  const stop = (): void => over.abort()
  let [hasBegun, hasCome, hasEnded, isPaused] = [false, false, false, false]
  let heard = born

  /** Whether an installer wants it: open as long as it is a guess. */
  let isWanted = mayTake === undefined ? true : undefined
  let tell = (_isWanted: boolean): void => undefined
  const decided = new Promise<boolean>((resolve) => {
    tell = resolve
  })
  const decide = (value: boolean): void => {
    isWanted ??= value
    tell(isWanted)
  }
  const isGuess = (): boolean => isWanted === undefined
  const drop = (): void => (isGuess() ? stop() : undefined)
  if (!isGuess()) decide(true)
  const endGuess = isGuess() ? traffic.guess(server, drop) : undefined
  signal.addEventListener('abort', stop)
  over.signal.addEventListener('abort', () => decide(false))
  // A signal that was given calls nobody.
  if (signal.aborted) stop()

  let endTraffic = (): void => undefined
  /** From its head on: a server that sends one file at a time may have to send a guess first. */
  const beginTraffic = (): void => {
    if (hasBegun && !hasCome && !isGuess()) endTraffic = traffic.begin(server)
  }

  const tidy = (): void => {
    if (spool.readers() > 0) return
    if (hasEnded) wait(storage.remove())
    // Nobody waits for its beginning, or the rest is not kept.
    else if (!hasBegun || !spool.isStored()) stop()
  }
  const spool = newSpool(storage, (error) => (isGuess() ? stop() : mirror.giveUp(error)), tidy)

  /** Ends a guess that takes too much, and has one wait for what was asked for. */
  const restrain = async (bytes: number | undefined): Promise<void> => {
    if (bytes !== undefined && mayTake?.(bytes) === false) stop()
    isPaused = true
    if (!traffic.isNone(server)) await Promise.race([traffic.whenNone(server), decided])
    isPaused = false
  }

  /** Returns the file's first bytes and its length; undefined if it did not come whole. */
  const receive = async ({ status, length, chunks, leave }: FetchedFile) => {
    hasBegun = true
    if (status !== 200) {
      leave()
      return undefined
    }
    beginTraffic()
    let [first, size] = [Buffer.alloc(0), 0]
    const isForgotten = (): boolean => spool.readers() === 0 && !isPaused && Date.now() - heard > silence * tempo
    const listening = setInterval(() => (isForgotten() ? stop() : undefined), (silence * tempo) / 4).unref()
    try {
      if (isGuess()) await restrain(length)
      for await (const chunk of chunks) {
        if (isGuess()) await restrain(length === undefined ? chunk.length : undefined)
        heard = Date.now()
        size += chunk.length
        if (first.length < beginning) first = Buffer.concat([first, chunk.subarray(0, beginning)])
        digest.update(chunk)
        await spool.append(chunk)
      }
    } catch (error) {
      const fault = faultOf(error)
      spool.finish(fault)
      if (!over.signal.aborted && !isGuess()) on.onBroken(file, fault)
      return undefined
    } finally {
      clearInterval(listening)
    }
    // Its readers end at once; the next request finds the kept file.
    spool.finish(true)
    hasCome = true
    endTraffic()
    return { first, size }
  }

  const keep = async ({ length, headers: said }: FetchedFile, first: Buffer): Promise<void> => {
    const isRight = digest.isRight()
    const isProven = isRight ?? (length !== undefined && said['content-encoding'] === undefined)
    if (isRight === false) return on.onRefused(file, 'its hash is not the one that the index names')
    if (!looksLikeDistribution(first)) return on.onRefused(file, 'what was sent is not a wheel or an sdist')
    if (!isProven) return on.onRefused(file, 'the index names neither its hash nor its length, so it may not be whole')
    if (await mirror.keep(storage, file.name, digest.sha256(), file, origin)) await on.onKept(key, file)
  }

  const answer = fetchFile(send, file, { headers, signal: over.signal, isAhead: isGuess() })
  // First of all who wait for it. Its faults are for who reads.
  const received = answer.then(receive).catch(() => undefined)

  const finish = async (): Promise<void> => {
    const came = await received
    if (came === undefined || !spool.isStored()) return
    if (isUndescribed(file)) on.onMetadata(key, await readWheelMetadata(storage.read, came.size).catch(() => undefined))
    if (await decided) await keep(await answer, came.first)
  }

  const end = (): void => {
    hasEnded = true
    signal.removeEventListener('abort', stop)
    endGuess?.()
    endTraffic()
    decide(false)
    tidy()
  }

  const isInTime = (): boolean => hasBegun || Date.now() - born < sharedFor * tempo
  const isAlive = (): boolean => !isGuess() || hasCome || isPaused || Date.now() - heard < stalled * tempo
  const guess: Guess = { isWanted: decided, received, drop }
  return {
    guess,
    ended: finish().finally(end),
    canJoin: (): boolean => !hasEnded && spool.isStored() && !over.signal.aborted && isInTime() && isAlive(),
    /** Reads it, which says that an installer wants it; resolved and rejected as its server answers. */
    read: async (gone: AbortSignal): Promise<Download> => {
      if (isGuess()) {
        decide(true)
        endGuess?.()
        beginTraffic()
        if (!hasBegun) traffic.hurry(server, answer)
      }
      const reader = spool.join(gone)
      gone.addEventListener('abort', reader.leave)
      try {
        return { ...reader, fetched: await answer }
      } catch (error) {
        reader.leave()
        throw error
      }
    },
  }
}

/** What is on its way. */
export type Downloads = ReturnType<typeof newDownloads>

/** Begins with nothing on its way. */
export const newDownloads = (parts: DownloadParts) => {
  const { mirror, traffic } = parts
  const running = new Map<string, Running>()
  /** What is still to be done for what came. */
  const keeping = new Set<Promise<unknown>>()
  const wait: Wait = (work) => {
    const waited = work.finally(() => keeping.delete(waited))
    keeping.add(waited)
  }

  const start = (
    key: string,
    file: PageFile,
    headers: Asker['headers'],
    storage: TemporaryFile | undefined,
    mayTake?: (bytes: number) => boolean,
  ): Running | undefined => {
    if (storage === undefined) return undefined
    const entry = startDownload(parts, key, file, headers, storage, wait, mayTake)
    running.set(key, entry)
    wait(entry.ended.finally(() => (running.get(key) === entry ? running.delete(key) : undefined)))
    return entry
  }

  const known = (key: string): Running | undefined => {
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
    get: (key: string, file: PageFile, { headers, gone }: Asker): Promise<Download> | undefined => {
      const joined = known(key)
      if (joined === undefined) running.get(key)?.guess.drop()
      return (joined ?? start(key, file, headers, mirror.newFile()))?.read(gone)
    },
    /** The same, if it is on its way already. */
    join: (key: string, gone: AbortSignal): Promise<Download> | undefined => known(key)?.read(gone),
    /**
     * Fetches a file for which nobody has asked, into a file without a name, while no file that was asked for comes from its
     * server.
     *
     * @param mayTake Asked for its length, or for each part of it if that is not told: false ends it.
     * @returns Undefined if it is on its way already, its server has no room for guesses, or nothing is kept any more.
     */
    guess: (
      key: string,
      file: PageFile,
      headers: Asker['headers'],
      mayTake: (bytes: number) => boolean,
    ): Guess | undefined =>
      running.has(key) || traffic.isNarrow(new URL(file.url).origin)
        ? undefined
        : start(key, file, headers, mirror.newUnnamed(), mayTake)?.guess,
    /** Resolved when what has come whole is kept. */
    flush: async (): Promise<void> => {
      while (keeping.size > 0) await Promise.allSettled(keeping)
    },
  }
}
