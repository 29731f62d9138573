import type { HttpClient } from '../../http/client.js'
import { faultOf, type HttpError } from '../../http/http-error.js'
import { looksLikeDistribution } from '../../index/distribution-file.js'
import { newDigest } from '../../index/hashes.js'
import type { PageFile } from '../../index/page.js'
import { readWheelMetadata } from '../../index/wheel-metadata.js'
import type { Asker } from '../upstream/answer.js'
import { type FetchedFile, fetchFile } from '../upstream/fetch-file.js'
import { sharedFor } from '../upstream/share.js'
import type { Traffic } from '../upstream/traffic.js'
import type { MirrorFolder } from './mirror-folder.js'
import { newSpool, type Reader } from './spool.js'
import type { TemporaryFile } from './temporary-file.js'

/** A file for which no installer has asked yet. It becomes a download like any other when one does. */
export interface Guess {
  /** Resolved with whether an installer asked for it; if not, it was dropped, failed, or the relay ended. */
  readonly isWanted: Promise<boolean>
  /** Resolved when its bytes are here, or no more of them come. */
  readonly received: Promise<void>
  /** Ends it, unless an installer has asked for it: nothing is left of it. */
  readonly drop: () => void
}

/** What downloads need. */
export interface DownloadParts {
  /** The folder that is filled. */
  readonly mirror: MirrorFolder
  /** The mark of the index. */
  readonly origin: string
  /** Called when a file is kept. */
  readonly onKept: (key: string, file: PageFile) => Promise<void>
  /** Called with the metadata of a wheel that has come, asked for or not, if its index has none beside it. */
  readonly onMetadata: (key: string, metadata: Buffer) => void
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

/** A file that is asked for. */
export interface Wanted {
  /** What stands for the file, and for its index. */
  readonly key: string
  readonly file: PageFile
  readonly client: HttpClient
  readonly headers: Asker['headers']
  readonly storage: TemporaryFile | undefined
  /** For a guess: asked for its length, or for each part of it if that is not told; false ends it. */
  readonly mayTake?: (bytes: number) => boolean
}

/** One file on its way. */
export interface Running {
  readonly answer: Promise<FetchedFile>
  readonly join: (gone: AbortSignal) => Reader
  readonly canJoin: () => boolean
  /** An installer wants it. */
  readonly want: () => void
  readonly guess: Guess
}

/** A file that nobody reads any more is given up when its server is silent for so long, in milliseconds. */
const silence = 60_000

/** A guess that has been silent for so long, in milliseconds, is nothing that an installer joins. */
const stalled = 5_000

/** So many bytes tell what a file is. */
const beginning = 512

/** Whether an installer wants a file, which is open as long as it is a guess. */
const newClaim = (isGuess: boolean) => {
  let wanted = isGuess ? undefined : true
  let tell = (_wanted: boolean): void => undefined
  const decided = new Promise<boolean>((resolve) => {
    tell = resolve
  })
  const decide = (value: boolean): void => {
    wanted ??= value
    tell(wanted)
  }
  if (!isGuess) tell(true)
  return { isOpen: () => wanted === undefined, decided, decide }
}

/**
 * Begins to fetch a file.
 *
 * @param wait Called with what is still to be done for it.
 * @param onEnd Called at its end.
 */
export const startDownload = (
  parts: DownloadParts,
  { key, file, client, headers, storage, mayTake }: Wanted,
  wait: (work: Promise<unknown>) => void,
  onEnd: (entry: Running) => void,
): Running => {
  const { mirror, origin, onKept, onMetadata, onRefused, onBroken, traffic, tempo, signal } = parts
  const over = new AbortController()
  const stop = (): void => over.abort()
  signal.addEventListener('abort', stop)
  const claim = newClaim(mayTake !== undefined)
  over.signal.addEventListener('abort', () => claim.decide(false))
  const born = Date.now()
  const server = new URL(file.url).origin
  const digest = newDigest(file.hashes)
  let first = Buffer.alloc(0)
  let [isStored, hasBegun, hasCome, hasEnded, isPaused] = [storage !== undefined, false, false, false, false]
  let heard = born
  let endTraffic = (): void => undefined
  const endGuess = claim.isOpen() ? traffic.guess(server, () => (claim.isOpen() ? stop() : undefined)) : undefined
  let onReceived = (): void => undefined
  const received = new Promise<void>((resolve) => {
    onReceived = resolve
  })
  const tidy = (): void => {
    if (spool.readers() > 0) return
    if (hasEnded) wait(Promise.resolve(storage?.remove()))
    // Nobody waits for its beginning, or the rest is not kept.
    else if (!hasBegun || !isStored) over.abort()
  }
  const onFull = (error: unknown): void => {
    isStored = false
    if (claim.isOpen()) over.abort()
    else if (storage !== undefined) mirror.giveUp(error)
  }
  const spool = newSpool(storage, onFull, tidy)

  const keep = async ({ length, headers: said }: FetchedFile): Promise<void> => {
    if (storage === undefined || !isStored) return
    const isRight = digest.isRight()
    const isProven = isRight ?? (length !== undefined && said['content-encoding'] === undefined)
    if (isRight === false) return onRefused(file, 'its hash is not the one that the index names')
    if (!looksLikeDistribution(first)) return onRefused(file, 'what was sent is not a wheel or an sdist')
    if (!isProven) return onRefused(file, 'the index names neither its hash nor its length, so it may not be whole')
    if (await mirror.keep(storage, file.name, digest.sha256(), file, origin)) await onKept(key, file)
  }

  /** Ends a guess that takes too much, and has one wait for what was asked for. */
  const restrain = async (bytes: number | undefined): Promise<void> => {
    if (!claim.isOpen()) return
    if (bytes !== undefined && mayTake?.(bytes) === false) over.abort()
    isPaused = true
    if (!traffic.isNone(server)) await Promise.race([traffic.whenNone(server), claim.decided])
    isPaused = false
  }

  const tellMetadata = async (size: number): Promise<void> => {
    if (storage === undefined || !isStored || file.coreMetadata !== undefined || !file.name.endsWith('.whl')) return
    const metadata = await readWheelMetadata(storage.read, size).catch(() => undefined)
    if (metadata !== undefined) onMetadata(key, metadata)
  }

  const receive = async (fetched: FetchedFile): Promise<void> => {
    let size = 0
    const listening = setInterval(
      () => {
        if (spool.readers() === 0 && !isPaused && Date.now() - heard > silence * tempo) over.abort()
      },
      (silence * tempo) / 4,
    ).unref()
    try {
      await restrain(fetched.length)
      for await (const chunk of fetched.chunks) {
        await restrain(fetched.length === undefined ? chunk.length : undefined)
        heard = Date.now()
        size += chunk.length
        if (first.length < beginning) first = Buffer.concat([first, chunk.subarray(0, beginning)])
        digest.update(chunk)
        await spool.append(chunk)
      }
    } catch (error) {
      const fault = faultOf(error)
      spool.fail(fault)
      if (!over.signal.aborted && !claim.isOpen()) onBroken(file, fault)
      return
    } finally {
      clearInterval(listening)
    }
    // Its readers end at once; the next request finds the kept file.
    spool.finish()
    hasCome = true
    endTraffic()
    onReceived()
    await tellMetadata(size)
    if (await claim.decided) await keep(fetched)
  }

  /** From its head on: a server that sends one file at a time may have to send a guess first. */
  const beginTraffic = (): void => {
    if (hasBegun && !hasCome && !claim.isOpen()) endTraffic = traffic.begin(server)
  }

  const end = (): void => {
    hasEnded = true
    endGuess?.()
    signal.removeEventListener('abort', stop)
    endTraffic()
    onReceived()
    claim.decide(false)
    onEnd(entry)
    tidy()
  }

  const asked = { url: file.url, headers, hasHash: digest.isRight() !== undefined }
  const answer = fetchFile(client, asked, over.signal).then(
    (fetched) => {
      hasBegun = true
      beginTraffic()
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
  // Nobody may wait for a guess.
  answer.catch(() => undefined)
  const isInTime = (): boolean => hasBegun || Date.now() - born < sharedFor * tempo
  const isAlive = (): boolean => !claim.isOpen() || hasCome || isPaused || Date.now() - heard < stalled * tempo
  const entry: Running = {
    answer,
    join: spool.join,
    canJoin: () => spool.isStored() && !over.signal.aborted && isInTime() && isAlive(),
    want: () => {
      if (!claim.isOpen()) return
      claim.decide(true)
      endGuess?.()
      beginTraffic()
      if (!hasBegun) traffic.hurry(server, answer)
    },
    guess: {
      isWanted: claim.decided,
      received,
      drop: () => (claim.isOpen() ? over.abort() : undefined),
    },
  }
  return entry
}
