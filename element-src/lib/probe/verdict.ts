import type { HttpClient } from '../http/client.js'
import { nameOf } from '../http/connection.js'
import { type Asker, clientCertificateFault, type HttpError } from '../http/http-error.js'
import { isTls } from '../http/url.js'
import type { Index } from '../settings/index-list.js'
import { type Answer, hasLinks, isIndexPage, isProjectPage } from './page.js'

/** The result of an index's probe. */
export interface ProbeResult {
  /**
   * `up`: it can be used. `pageless`: its server has no page at its root, as some registries do not. `misplaced`: what is
   * there is not an index. `odd`: what its server sends is not understood here. `refuses`: a server is there, but refuses
   * this build because of the credentials or a certificate. `failing`: it answers with errors of its own. `slow`: its
   * server answers, but not for the index within the time limit. `down`: no connection to it can be made. Of these the
   * last alone leaves it out of a build.
   */
  readonly state: 'up' | 'pageless' | 'misplaced' | 'odd' | 'refuses' | 'failing' | 'slow' | 'down'
  /** What it answered, or what is wrong with it. */
  readonly reason: string
  /** The URL to use instead of what the user wrote, without credentials, if the server says what is meant. */
  readonly usedAs?: string
  /** What the user should know besides, a line each. */
  readonly notes?: readonly string[]
}

/** What is needed to ask one index. */
export interface ProbeContext {
  readonly index: Index
  readonly client: HttpClient
  /** Where the probe runs: messages suggest a remedy for that place. */
  readonly asker: Asker
  /** How long it may take in all, in seconds; for the message. */
  readonly seconds: number
  /** When that time is over. */
  readonly signal: AbortSignal
}

/** What becomes of an index that gave no answer. */
export const ofNoAnswer = (
  { kind, code, message }: HttpError,
  url: URL,
  { client, seconds, signal }: ProbeContext,
): ProbeResult => {
  if (signal.aborted) {
    const { proxy } = client.wayTo(url)
    const through = proxy === undefined ? '' : ` through its proxy ${nameOf(proxy)}`
    return { state: 'down', reason: `no answer${through} in ${seconds} s` }
  }
  if (code === 'PROXY_KIND') return { state: 'up', reason: `${message}: not asked` }
  const isRefusal = kind === 'tls' || code === '407'
  const state = isRefusal ? 'refuses' : kind === 'odd' ? 'odd' : kind === 'redirect' ? 'misplaced' : 'down'
  return { state, reason: `it ${message}` }
}

/** What an answer says of who asks, or of the proxy on the way; undefined if it is about the index. */
export const ofRefusal = (
  { status, headers, text, url }: Answer,
  { index, asker, client }: ProbeContext,
): ProbeResult | undefined => {
  if (status === 401 || status === 403) {
    const { credentials, name, source } = index
    const reason =
      credentials === undefined
        ? `it wants credentials, and its URL has none (${status})`
        : credentials.key === undefined
          ? `it rejects the credentials in its URL (${status}): correct them in ${name === undefined ? '' : 'url of '}${source}`
          : `it rejects the user name and the password of ${source} (${status}): correct username or ${credentials.key} there`
    return { state: 'refuses', reason }
  }
  // nginx says so in a page of its own, after a whole handshake.
  if (status === 400 && /SSL certificate/i.test(text)) {
    const hasClientCertificate = client.wayTo(new URL(index.url)).certificate !== undefined
    return { state: 'refuses', reason: `it ${clientCertificateFault({ asker, hasClientCertificate })}` }
  }
  // A proxy that makes no connection answers so for http alone, since https has a tunnel.
  const proxy = isTls(url) ? undefined : client.wayTo(url).proxy
  const isOfProxy = status === 502 || status === 504 || headers['x-squid-error'] !== undefined
  return proxy !== undefined && isOfProxy
    ? { state: 'down', reason: `its proxy ${nameOf(proxy)} answers ${status}` }
    : undefined
}

const samePlace = (one: URL, other: URL): boolean =>
  one.host === other.host && one.pathname.replace(/\/$/, '') === other.pathname.replace(/\/$/, '')

/** Whether what a project's address answers is the page of something else: of a login, or of the network's own portal. */
const isOtherPage = (answer: Answer, asked: URL): boolean =>
  answer.status === 200 &&
  !isProjectPage(answer) &&
  (!samePlace(answer.url, asked) || /<(?:form|input|script)\b/i.test(answer.text))

/** Whether an index has no page at its root. */
export const isMissing = ({ status }: Answer): boolean => status === 404 || status === 410

const shown = ({ origin, pathname }: URL): string => `${origin}${pathname}`

/** What the answers at its root and at a project's address make of an index; `nearby` is the URL of one beside it or below. */
export const ofAnswers = (url: URL, root: Answer, project?: Answer, nearby?: string): ProbeResult => {
  const { status } = root
  const place = shown(root.url)
  const hasMoved = !samePlace(root.url, url)
  const what = hasMoved ? `it redirects to ${place}, which answers ${status}` : `it answers ${status}`
  if (nearby !== undefined) {
    const page = hasLinks(root) ? 'its page is that of a folder' : 'its page has no links'
    const there = status !== 200 ? what : hasMoved ? `it redirects to ${place}` : page
    return { state: 'misplaced', reason: `${there}, and an index is at ${nearby}: write that` }
  }
  if (status >= 500) {
    return project === undefined || project.status >= 500
      ? { state: 'failing', reason: what }
      : { state: 'pageless', reason: `${what}, and ${project.status} for the project pip, as some registries do` }
  }
  if (isMissing(root)) return { state: 'pageless', reason: `${what}, as some registries do, and a URL that is wrong` }
  const page = new URL('pip/', url)
  if (status === 200 && !isIndexPage(root) && project !== undefined && isOtherPage(project, page)) {
    return {
      state: 'misplaced',
      reason: `it leads to ${samePlace(project.url, page) ? place : shown(project.url)}, which is not an index (a login or a wrong path): write the index's own URL, with its credentials`,
    }
  }
  return { state: 'up', reason: hasMoved ? `answers ${status} at ${place}` : `answers ${status}` }
}
