import type { HttpAnswer, HttpClient } from '../../http/client.js'
import type { HttpRequest } from '../../http/exchange.js'

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

/** What is on its way from a server, and what was seen of it. */
const newServer = () => ({
  /** The ends of files that were asked for. */
  files: new Set<Promise<unknown>>(),
  /** Called when there are none of these any more. */
  waiting: [] as (() => void)[],
  /** What drops each file that nobody has asked for. */
  guesses: new Set<() => void>(),
  /** How often guesses were in the way. */
  givenWay: 0,
  /** The ends of the requests ahead, and how many there were so far. */
  ahead: new Set<Promise<void>>(),
  counted: 0,
  /** The end of the last of the requests that are made once more. */
  again: undefined as Promise<void> | undefined,
  /** Whether it had too much to do. */
  isBusy: false,
})

/** What is on its way from each server, by its origin: what nobody has asked for yet gives way to what an installer waits for. */
export type Traffic = ReturnType<typeof newTraffic>

/** Begins with nothing on its way; `tempo` multiplies its times. */
export const newTraffic = (tempo = 1) => {
  const servers = new Map<string, ReturnType<typeof newServer>>()
  const at = (origin: string): ReturnType<typeof newServer> => {
    const server = servers.get(origin) ?? newServer()
    servers.set(origin, server)
    return server
  }

  const giveWay = (server: ReturnType<typeof newServer>): void => {
    if (server.guesses.size > 0) server.givenWay += 1
    for (const drop of [...server.guesses]) drop()
  }

  /** Drops a server's guesses if something has not come in time. */
  const hurry = (origin: string, what: Promise<unknown>): void => {
    const timer = setTimeout(() => giveWay(at(origin)), patience * tempo).unref()
    const stop = (): void => clearTimeout(timer)
    what.then(stop, stop)
  }

  return {
    hurry,
    /** Resolved when no bytes of a file that was asked for are on their way. */
    whenNone: (origin: string): Promise<void> =>
      new Promise((resolve) => (at(origin).files.size === 0 ? resolve() : at(origin).waiting.push(resolve))),
    /** Takes note that such bytes come, until they are here. */
    begin: (origin: string, end: Promise<unknown>): void => {
      const { files, waiting } = at(origin)
      files.add(end)
      end.then(() => {
        if (files.delete(end) && files.size === 0) for (const resolve of waiting.splice(0)) resolve()
      })
    },
    /** Takes note of a file that nobody has asked for: it is dropped if it may be in the way, until that is decided. */
    guess: (origin: string, drop: () => void, end: Promise<unknown>): void => {
      const { guesses } = at(origin)
      guesses.add(drop)
      end.then(() => guesses.delete(drop))
    },
    /** Whether guesses were in the way of a server, more than once: there are no more of its files. */
    isNarrow: (origin: string): boolean => at(origin).isBusy || at(origin).givenWay > 1,
    /** Whether a server had too much to do: nothing is fetched ahead from it. */
    isBusy: (origin: string): boolean => at(origin).isBusy,
    /**
     * Watches requests. One that a server refuses as busy (429, 503) while something is fetched ahead from it is made once more
     * when that has ended, since an installer by itself would have been alone.
     */
    watch:
      (client: HttpClient): SendRequest =>
      async (url, request) => {
        const { isAhead } = request
        const server = at(url.origin)
        // What a server is asked once more it is asked alone.
        while (isAhead && server.again !== undefined) await server.again
        // What is made once more may have been ahead, too.
        const before = [...server.ahead, ...(server.again === undefined ? [] : [server.again])]
        const asked = client.request(url, request)
        hurry(url.origin, asked)
        if (isAhead) {
          const ended = endOf(asked).then(() => void server.ahead.delete(ended))
          server.ahead.add(ended)
          server.counted += 1
        }
        const count = server.counted
        const answer = await asked
        const isAlone = before.length === 0 && (isAhead || server.counted === count)
        if (!isTooMuch(answer) || isAlone) return answer
        answer.body.destroy()
        if (!isAhead) giveWay(server)
        // One after the other.
        const rivals = isAhead ? before : [...server.ahead]
        const late = new Promise((resolve) => setTimeout(resolve, patience * tempo).unref())
        const second = Promise.race([Promise.all([...rivals, server.again]), late]).then(() =>
          client.request(url, request),
        )
        const ended = endOf(second).then(() => {
          if (server.again === ended) server.again = undefined
        })
        server.again = ended
        if (!isTooMuch(await second)) server.isBusy = true
        return second
      },
  }
}
