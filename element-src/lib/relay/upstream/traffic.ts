import type { HttpAnswer, HttpClient } from '../../http/client.js'

/** A request that has had no head for so long, in milliseconds, may wait for what was fetched ahead: a server can have one thread. */
const patience = 2_000

/** What a server says that has too much to do. */
const isTooMuch = ({ status }: HttpAnswer): boolean => status === 429 || status === 503

/** Resolved when nothing more comes of an answer. */
const bodyEnd = ({ body }: HttpAnswer): Promise<void> =>
  new Promise((resolve) => {
    if (body.destroyed) resolve()
    else body.once('close', resolve)
  })

/** What is on its way from each server: what nobody has asked for yet gives way to what an installer waits for. */
export interface Traffic {
  /** Takes note that bytes of a file that was asked for come from a server; returns what is called once they are here. */
  readonly begin: (origin: string) => () => void
  /** Resolved when no such bytes are on their way. */
  readonly whenNone: (origin: string) => Promise<void>
  readonly isNone: (origin: string) => boolean
  /** Takes note of a file that nobody has asked for: it is dropped if it may be in the way. Returns what is called at its end. */
  readonly guess: (origin: string, drop: () => void) => () => void
  /** Drops a server's guesses if something has not come in time. */
  readonly hurry: (origin: string, what: Promise<unknown>) => void
  /** Whether guesses were in the way of a server, more than once: there are no more of its files. */
  readonly isNarrow: (origin: string) => boolean
  /** Whether a server had too much to do: nothing is fetched ahead from it. */
  readonly isBusy: (origin: string) => boolean
  /**
   * Watches requests. One that a server refuses as busy (429, 503) while something is fetched ahead from it is made once more
   * when that has ended, since an installer by itself would have been alone.
   */
  readonly watch: (client: HttpClient, isAhead: boolean) => HttpClient
}

/** Begins with nothing on its way; `tempo` multiplies its times. */
export const newTraffic = (tempo = 1): Traffic => {
  const counts = new Map<string, number>()
  const waiting = new Map<string, (() => void)[]>()
  const guesses = new Map<string, Set<() => void>>()
  const ahead = new Map<string, Set<Promise<void>>>()
  const narrow = new Map<string, number>()
  const busy = new Set<string>()
  /** The last of the requests that are made once more. */
  const again = new Map<string, Promise<void>>()
  /** How many requests ahead there were so far. */
  const counted = new Map<string, number>()
  const isNone = (origin: string): boolean => !counts.has(origin)

  const giveWay = (origin: string): void => {
    const drops = guesses.get(origin)
    if (drops === undefined) return
    narrow.set(origin, (narrow.get(origin) ?? 0) + 1)
    for (const drop of [...drops]) drop()
  }

  const hurry = (origin: string, what: Promise<unknown>): void => {
    const timer = setTimeout(() => giveWay(origin), patience * tempo).unref()
    const stop = (): void => clearTimeout(timer)
    what.then(stop, stop)
  }

  const remove = <Item>(sets: Map<string, Set<Item>>, origin: string, item: Item): void => {
    const set = sets.get(origin)
    set?.delete(item)
    if (set?.size === 0) sets.delete(origin)
  }

  const add = <Item>(sets: Map<string, Set<Item>>, origin: string, item: Item): void => {
    sets.set(origin, (sets.get(origin) ?? new Set()).add(item))
  }

  return {
    isNone,
    begin: (origin) => {
      counts.set(origin, (counts.get(origin) ?? 0) + 1)
      let hasEnded = false
      return () => {
        if (hasEnded) return
        hasEnded = true
        const left = (counts.get(origin) ?? 1) - 1
        if (left > 0) counts.set(origin, left)
        else {
          counts.delete(origin)
          for (const resolve of waiting.get(origin) ?? []) resolve()
          waiting.delete(origin)
        }
      }
    },
    whenNone: (origin) =>
      new Promise((resolve) => {
        if (isNone(origin)) resolve()
        else waiting.set(origin, [...(waiting.get(origin) ?? []), resolve])
      }),
    guess: (origin, drop) => {
      add(guesses, origin, drop)
      return () => remove(guesses, origin, drop)
    },
    hurry,
    isNarrow: (origin) => busy.has(origin) || (narrow.get(origin) ?? 0) > 1,
    isBusy: (origin) => busy.has(origin),
    watch: (client, isAhead) => {
      const others = (origin: string): readonly Promise<void>[] => [...(ahead.get(origin) ?? [])]
      const request: HttpClient['request'] = (url, options) => {
        const asked = client.request(url, options)
        hurry(url.origin, asked)
        const ended = asked.then(bodyEnd, () => undefined)
        if (isAhead) {
          add(ahead, url.origin, ended)
          counted.set(url.origin, (counted.get(url.origin) ?? 0) + 1)
        }
        ended.then(() => remove(ahead, url.origin, ended))
        return asked
      }
      return {
        ...client,
        request: async (url, options) => {
          const { origin } = url
          // What a server is asked once more it is asked alone.
          while (isAhead && again.has(origin)) await again.get(origin)
          const before = others(origin)
          const count = counted.get(origin)
          const answer = await request(url, options)
          const isAlone = before.length === 0 && (isAhead || counted.get(origin) === count)
          if (!isTooMuch(answer) || isAlone) return answer
          answer.body.destroy()
          if (!isAhead) giveWay(origin)
          // One after the other.
          const rivals = isAhead ? before : others(origin)
          const last = again.get(origin)
          const late = new Promise((resolve) => setTimeout(resolve, patience * tempo).unref())
          const asked = Promise.race([Promise.all([...rivals, last]), late]).then(() => client.request(url, options))
          const ended = asked
            .then(bodyEnd, () => undefined)
            .then(() => {
              if (again.get(origin) === ended) again.delete(origin)
            })
          again.set(origin, ended)
          const second = await asked
          if (!isTooMuch(second)) busy.add(origin)
          return second
        },
      }
    },
  }
}
