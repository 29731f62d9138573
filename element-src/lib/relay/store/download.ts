import { endable } from '../../base/waiting.js'
import { faultOf, type HttpError } from '../../http/http-error.js'
import { looksLikeDistribution } from '../../index/distribution-file.js'
import { newDigest, type PageFile } from '../../index/page.js'
import { isUndescribed, readWheelMetadata } from '../../index/wheel-metadata.js'
import { type FetchedFile, fetchFile } from '../upstream/fetch-file.js'
import { type Asker, type Shared, sharedFor } from '../upstream/source.js'
import type { SendRequest, Traffic } from '../upstream/traffic.js'
import { newSpool, type Reader, type TemporaryFile } from './growing-file.js'
import type { MirrorFolder } from './mirror-folder.js'

/** A file that is on its way into the folder that is filled, and can be read meanwhile. */
export interface Download extends Reader {
  /** What its server says of it. */
  readonly fetched: FetchedFile
}

/** A file for which no installer has asked yet. It becomes a download like any other when one does. */
export type Guess = Running['guess']

/** What an index's downloads need. */
export interface DownloadParts extends Pick<Shared, 'log' | 'tempo' | 'signal'> {
  readonly label: string
  /** The folder that is filled. */
  readonly mirror: MirrorFolder
  /** The mark of the index. */
  readonly origin: string
  readonly send: SendRequest
  readonly onKept: (key: string, file: PageFile) => Promise<void>
  /** Called with the metadata of a wheel that has come, asked for or not, if its index has none beside it: undefined if it cannot be read. */
  readonly onMetadata: (key: string, metadata: Buffer | undefined) => void
  readonly traffic: Traffic
  /** Called when a file did not come whole although its beginning did. */
  readonly onBroken: (file: PageFile, fault: HttpError) => void
}

/** A file that nobody reads any more is given up when its server is silent for so long, in milliseconds. */
const silence = 60_000

/** A guess that has been silent for so long, in milliseconds, is nothing that an installer joins. */
const stalled = 5_000

/** One file on its way. */
export type Running = ReturnType<typeof startDownload>

/**
 * Begins to fetch a file.
 *
 * @param key What stands for it in its index.
 * @param wait Takes note of what is still to be done.
 * @param mayTake For a guess: asked for its length, or for each part of it if that is not told; false ends it.
 */
export const startDownload = (
  { log, tempo, signal, label, mirror, origin, send, traffic, ...on }: DownloadParts,
  key: string,
  file: PageFile,
  headers: Asker['headers'],
  storage: TemporaryFile,
  wait: (work: Promise<unknown>) => void,
  mayTake?: (bytes: number) => boolean,
) => {
  const born = Date.now()
  const server = traffic.at(new URL(file.url))
  const digest = newDigest(file.hashes)
  const { signal: over, end: stop } = endable(signal)
  let state: 'asked' | 'coming' | 'here' | 'ended' = 'asked'
  let [isGuess, isPaused, heard] = [mayTake !== undefined, false, born]

  let decide = (_isWanted: boolean): void => undefined
  const isWanted = new Promise<boolean>((resolve) => {
    // The first time counts.
    decide = (isWanted) => {
      isGuess = false
      resolve(isWanted)
    }
  })
  const drop = (): void => (isGuess ? stop() : undefined)
  if (isGuess) server.guess(drop, isWanted)
  else decide(true)
  over.addEventListener('abort', () => decide(false))

  const tidy = (): void => {
    if (spool.readers() > 0) return
    if (state === 'ended') wait(storage.remove())
    // Nobody waits for its beginning, or the rest is not kept.
    else if (state === 'asked' || !spool.isStored()) stop()
  }
  const spool = newSpool(storage, (error) => (isGuess ? stop() : mirror.giveUp(error)), tidy)

  /** From its head on: a server that sends one file at a time may have to send a guess first. */
  const beginTraffic = (): void => {
    if (state === 'coming' && !isGuess) server.begin(received)
  }

  /** Ends a guess that takes too much, and has one wait for what was asked for. */
  const restrain = async (bytes: number | undefined): Promise<void> => {
    if (bytes !== undefined && mayTake?.(bytes) === false) stop()
    isPaused = true
    await Promise.race([server.whenNone(), isWanted])
    isPaused = false
  }

  /** Returns the file's length; undefined if it did not come whole. */
  const receive = async ({ status, length, chunks, leave }: FetchedFile): Promise<number | undefined> => {
    state = 'coming'
    if (status !== 200) {
      leave()
      return undefined
    }
    beginTraffic()
    let size = 0
    const isForgotten = (): boolean => spool.readers() === 0 && !isPaused && Date.now() - heard > silence * tempo
    const listening = setInterval(() => (isForgotten() ? stop() : undefined), (silence * tempo) / 4).unref()
    try {
      if (isGuess) await restrain(length)
      for await (const chunk of chunks) {
        if (isGuess) await restrain(length === undefined ? chunk.length : undefined)
        heard = Date.now()
        size += chunk.length
        digest.update(chunk)
        await spool.append(chunk)
      }
    } catch (error) {
      const fault = faultOf(error)
      spool.finish(fault)
      if (!over.aborted && !isGuess) on.onBroken(file, fault)
      return undefined
    } finally {
      clearInterval(listening)
    }
    // Its readers end at once; the next request finds the kept file.
    spool.finish(true)
    state = 'here'
    return size
  }

  const answer = fetchFile(send, file, { headers, signal: over, isAhead: isGuess })
  // First of all who wait for it. Its faults are for who reads.
  const received = answer.then(receive).catch(() => undefined)

  const refuse = (why: string): void =>
    log.once(`${file.name} of ${label} is not kept, so that an offline build lacks it: ${why}`)

  const keep = async ({ length, headers: said }: FetchedFile): Promise<void> => {
    const isRight = digest.isRight()
    const isProven = isRight ?? (length !== undefined && said['content-encoding'] === undefined)
    if (isRight === false) return refuse('its hash is not the one that the index names')
    const first = await storage.read(0, 512)
    if (!looksLikeDistribution(first)) return refuse('what was sent is not a wheel or an sdist')
    if (!isProven) return refuse('the index names neither its hash nor its length, so it may not be whole')
    if (await mirror.keep(storage, file.name, digest.sha256(), file, origin)) await on.onKept(key, file)
  }

  const finish = async (): Promise<void> => {
    const size = await received
    if (size === undefined || !spool.isStored()) return
    if (isUndescribed(file)) on.onMetadata(key, await readWheelMetadata(storage.read, size).catch(() => undefined))
    if (await isWanted) await keep(await answer).catch(mirror.giveUp)
  }
  const ended = finish().finally(() => {
    state = 'ended'
    decide(false)
    stop()
    tidy()
  })

  return {
    guess: {
      /** Resolved with whether an installer asked for it; if not, it was dropped, failed, or the relay ended. */
      isWanted,
      /** Resolved when its bytes are here, or no more of them come. */
      received,
      /** Ends it, unless an installer has asked for it: nothing is left of it. */
      drop,
    },
    ended,
    canJoin: (): boolean => {
      const now = Date.now()
      const isInTime = state !== 'asked' || now - born < sharedFor * tempo
      const isAlive = !isGuess || state === 'here' || isPaused || now - heard < stalled * tempo
      return spool.isStored() && !over.aborted && isInTime && isAlive
    },
    /** Reads it, which says that an installer wants it; resolved and rejected as its server answers. */
    read: async (gone: AbortSignal): Promise<Download> => {
      if (isGuess) {
        decide(true)
        beginTraffic()
        if (state === 'asked') server.hurry(answer)
      }
      const reader = spool.join(gone)
      try {
        return { ...reader, fetched: await answer }
      } catch (error) {
        reader.leave()
        throw error
      }
    },
  }
}
