import type { RelayLog } from '../../base/log.js'
import type { HttpAnswer } from '../../http/client.js'
import type { Page, PageFile } from '../../index/page.js'
import type { Index } from '../../settings/index-list.js'
import type { RelayConfig } from '../control.js'

/** What all indexes have in common. */
export interface Shared {
  readonly config: RelayConfig
  readonly log: RelayLog
  /** When the relay ends. */
  readonly signal: AbortSignal
  /** By which all times are multiplied. */
  readonly tempo: number
  /** The indexes that are down, and why. */
  readonly down: Map<Index, string>
  /** Whether a file that a page links to may be fetched. */
  readonly mayFetch: (file: PageFile) => boolean
}

/** Who asks: what is passed on of that, and when there is nobody any more who waits. */
export interface Asker {
  readonly headers: Readonly<Record<string, string>>
  readonly gone: AbortSignal
  /** Nobody has asked yet (relay/ahead): a fault is nobody's, so that it is neither logged nor taken for an outage. */
  readonly isAhead?: true
  /** Whether the installer whose request led to that is still connected. */
  readonly isGoing?: () => boolean
}

/** What an index answers, as far as installers are told. */
export interface PassedOn {
  readonly status: number
  /** If not told, that of the status. */
  readonly reason?: string
  readonly headers: Readonly<Record<string, string>>
}

/** What an answer says of itself that an installer acts upon. An address, a cookie or a name of the server is not among it. */
const passed = [
  'content-type',
  'content-encoding',
  'content-range',
  'accept-ranges',
  'etag',
  'last-modified',
  'retry-after',
  'www-authenticate',
] as const

/** An answer as it is passed on. */
export const passedOn = ({ status, body, headers }: HttpAnswer): PassedOn => ({
  status,
  reason: body.statusMessage ?? '',
  headers: Object.fromEntries(
    passed.flatMap((name) => {
      const value = headers[name]
      // What only a lenient parser takes cannot be sent.
      return value === undefined ? [] : [[name, String(value).replace(/[^\t -~\u0080-\u00ff]+/g, ' ')]]
    }),
  ),
})

/** The part that an answer is of a file (RFC 9110, 14.4): its first byte, the one behind its last, and the file's length if that is told. */
export const partIn = (headers: Readonly<Record<string, unknown>>) => {
  const [, from, last, length] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(String(headers['content-range'])) ?? []
  if (from === undefined) return undefined
  return { from: Number(from), to: Number(last) + 1, length: length === '*' ? undefined : Number(length) }
}

/** Whether an answer is all that was asked for: requests takes 203, that of a proxy, and the part that is the whole for it as well. */
export const isWhole = ({ status, headers }: HttpAnswer): boolean => {
  const part = partIn(headers)
  return status === 200 || status === 203 || (status === 206 && part?.from === 0 && part.to === part.length)
}

/** What an index has of a project, and what the log says of the index once an installer is told. */
export type Found = { readonly note?: string | undefined } & (
  | ({ readonly kind: 'page' } & Page)
  /** It has no such project, or is left out. */
  | { readonly kind: 'none' }
  /** Its server's own answer, which is passed on. */
  | ({ readonly kind: 'answer' } & PassedOn)
  /** It cannot be used; installers are told why. */
  | { readonly kind: 'refused'; readonly cause: string }
)

/** An index, wherever it is. */
export interface Source {
  /** Looks for a project, by its normalised name; rejected with an HttpError if no connection was made, or one broke off. */
  readonly find: (project: string, asker: Asker) => Promise<Found>
  /** The same, from memory if the page is remembered, or if only its files of one name are asked for and were before. */
  readonly filesOf: (project: string, asker: Asker, name?: string) => Promise<Found>
  /** The names of its projects, if it knows them without a request. */
  readonly projects: () => readonly string[]
}

/** After so long, in milliseconds, one who asks again is not to wait with the first: a retry has to be a new request. */
export const sharedFor = 5_000

/**
 * Has several who ask for the same thing at one time share one request for it; `tempo` multiplies its times. When all who wait
 * for a request have gone, its signal says so.
 */
export const newShare = <Result>(tempo: number) => {
  const running = new Map<string, { born: number; askers: number; over: AbortController; answer: Promise<Result> }>()
  return async (key: string, gone: AbortSignal, start: (signal: AbortSignal) => Promise<Result>): Promise<Result> => {
    const known = running.get(key)
    const isYoung = known !== undefined && !known.over.signal.aborted && Date.now() - known.born < sharedFor * tempo
    const over = new AbortController()
    const entry = isYoung ? known : { born: Date.now(), askers: 0, over, answer: start(over.signal) }
    running.set(key, entry)
    entry.askers += 1
    const leave = (): void => {
      entry.askers -= 1
      if (entry.askers === 0) entry.over.abort()
    }
    if (gone.aborted) leave()
    else gone.addEventListener('abort', leave)
    try {
      return await entry.answer
    } finally {
      gone.removeEventListener('abort', leave)
      if (running.get(key) === entry) running.delete(key)
    }
  }
}
