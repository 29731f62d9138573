import type { IncomingHttpHeaders } from 'node:http'
import { decodedChunksOf } from '../http/body.js'
import type { HttpClient } from '../http/client.js'
import type { Asker } from '../http/http-error.js'
import type { Index } from '../settings/index-list.js'

/** What is needed to ask one index. */
export interface ProbeContext {
  readonly index: Index
  readonly client: HttpClient
  /** Where this process is, and who names the indexes: it decides what a user can do about a fault. */
  readonly asker: Asker
  /** How long it may take in all, in seconds; for the message. */
  readonly seconds: number
  /** When that time is over. */
  readonly signal: AbortSignal
}

/** What came back, after redirects. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** The beginning of the page, as much as was asked for. */
  readonly text: string
  /** Where it came from. */
  readonly url: URL
}

/** What is read of a page, and in which form it is asked for. */
export interface Wanted {
  /** Whether no more of the page needs to be read, by the text that is here; by default nothing of it is. */
  readonly isEnough?: (text: string) => boolean
  /** The header Accept; by default that for an index's page. */
  readonly accept?: string
}

/** How much of a page is read at most, in bytes: its beginning says what it is. */
const mostOfPage = 262_144

/** Waits; rejected if the time is over before. */
export const wait = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  const { setTimeout } = await import('node:timers/promises')
  await setTimeout(milliseconds, undefined, { signal })
}

/** Asks for a page as pip would; rejected with an HttpError if there is no answer. What breaks off, or takes too long, is read so far. */
export const ask = async (
  url: URL,
  { client, signal }: Pick<ProbeContext, 'client' | 'signal'>,
  { isEnough = () => true, accept = 'text/html, application/vnd.pypi.simple.v1+html' }: Wanted = {},
): Promise<Answer> => {
  const headers = { Accept: accept, 'Accept-Encoding': 'identity', 'User-Agent': 'dib-pypi-element' }
  const { body, ...head } = await client.request(url, { headers, signal })
  let bytes = Buffer.alloc(0)
  const text = (): string => bytes.toString('utf8')
  if (isEnough('')) body.destroy()
  else {
    try {
      for await (const chunk of decodedChunksOf(body)) {
        bytes = Buffer.concat([bytes, chunk])
        if (bytes.length > mostOfPage || isEnough(text())) break
      }
    } catch {
      // The head is an answer.
    }
  }
  return { status: head.status, headers: head.headers, url: head.url, text: text() }
}

/** Asks for a page that may tell more about a fault. Here, no answer is not a fault. */
export const askIfThere = (url: URL, context: ProbeContext, wanted?: Wanted): Promise<Answer | undefined> =>
  ask(url, context, wanted).catch(() => undefined)
