import type { HttpAnswer, HttpClient, HttpRequest } from '../../http/client.js'

/** A request that has had no head for so long, in milliseconds, may wait for what was fetched ahead: a server can have one thread. */
const patience = 2_000

/** A request, and whether nobody has asked for it yet. */
export interface TrafficRequest extends HttpRequest {
  readonly isAhead?: boolean | undefined
}

/** Sends a request. */
export type SendRequest = (url: URL, request: TrafficRequest) => Promise<HttpAnswer>

/** What a server says that has too much to do. */
const isTooMuch = ({ status }: HttpAnswer): boolean => status === 429 || status === 503

/** Resolved when nothing more comes of an answer, or there is none. */
const endOf = (asked: Promise<HttpAnswer>): Promise<void> =>
  asked.then(
    ({ body }) => new Promise((resolve) => (body.destroyed ? resolve() : body.once('close', resolve))),
    () => undefined,
  )

/** What is on its way from a server: what nobody has asked for yet gives way to what an installer waits for. */
const newServer = (tempo: number) => {
  /** The ends of files that were asked for, and what drops each file that nobody has asked for. */
  const files = new Set<Promise<unknown>>()
  const guesses = new Set<() => void>()
  /** How often guesses were in the way. */
  let givenWay = 0
  /** The ends of the requests ahead, and how many there were so far. */
  const ahead = new Set<Promise<void>>()
  let counted = 0
  /** The end of the last of the requests that are made once more. */
  let again: Promise<void> | undefined
  /** Whether it had too much to do. */
  let isBusy = false

  const giveWay = (): void => {
    if (guesses.size > 0) givenWay += 1
    for (const drop of [...guesses]) drop()
  }

  /** Drops its guesses if something has not come in time. */
  const hurry = (what: Promise<unknown>): void => {
    const timer = setTimeout(giveWay, patience * tempo).unref()
    const stop = (): void => clearTimeout(timer)
    what.then(stop, stop)
  }

  return {
    hurry,
    /** Resolved when no bytes of a file that was asked for are on their way. */
    whenNone: async (): Promise<void> => {
      while (files.size > 0) await Promise.all(files)
    },
    /** Takes note that such bytes come, until they are here. */
    begin: (end: Promise<unknown>): void => {
      files.add(end)
      end.then(() => files.delete(end))
    },
    /** Takes note of a file that nobody has asked for: it is dropped if it may be in the way, until that is decided. */
    guess: (drop: () => void, end: Promise<unknown>): void => {
      guesses.add(drop)
      end.then(() => guesses.delete(drop))
    },
    /** Whether guesses were in the way, more than once: there are no more of its files. */
    isNarrow: (): boolean => isBusy || givenWay > 1,
    /** Whether it had too much to do: nothing is fetched ahead from it. */
    isBusy: (): boolean => isBusy,
    /**
     * Sends a request. One that it refuses as busy (429, 503) while something is fetched ahead from it is made once more when
     * that has ended, since an installer by itself would have been alone.
     */
    send: async (request: () => Promise<HttpAnswer>, isAhead = false): Promise<HttpAnswer> => {
      // What a server is asked once more it is asked alone.
      while (isAhead && again !== undefined) await again
      // What is made once more may have been ahead, too.
      const before = [...ahead, ...(again === undefined ? [] : [again])]
      const asked = request()
      hurry(asked)
      if (isAhead) {
        const ended = endOf(asked).then(() => void ahead.delete(ended))
        ahead.add(ended)
        counted += 1
      }
      const count = counted
      const answer = await asked
      const isAlone = before.length === 0 && (isAhead || counted === count)
      if (!isTooMuch(answer) || isAlone) return answer
      answer.body.destroy()
      if (!isAhead) giveWay()
      // One after the other.
      const rivals = isAhead ? before : [...ahead]
      const late = new Promise((resolve) => setTimeout(resolve, patience * tempo).unref())
      const second = Promise.race([Promise.all([...rivals, again]), late]).then(request)
      const ended = endOf(second).then(() => {
        if (again === ended) again = undefined
      })
      again = ended
      if (!isTooMuch(await second)) isBusy = true
      return second
    },
  }
}

/** The servers of all indexes. */
export type Traffic = ReturnType<typeof newTraffic>

/** Begins with nothing on its way; `tempo` multiplies its times. */
export const newTraffic = (tempo: number) => {
  const servers = new Map<string, ReturnType<typeof newServer>>()
  /** The server of a URL. */
  const at = ({ origin }: URL): ReturnType<typeof newServer> => {
    const server = servers.get(origin) ?? newServer(tempo)
    servers.set(origin, server)
    return server
  }
  return {
    at,
    watch:
      (client: HttpClient): SendRequest =>
      (url, request) =>
        at(url).send(() => client.request(url, request), request.isAhead),
  }
}
