import { redact } from '../http/credentials.js'
import { type Answer, type RequestOptions, request } from '../http/request.js'
import { officialIndex } from '../settings/index-list.js'
import { ask, type ProbeContext, requestOptions, wait } from './asking.js'
import { probeDevpi } from './devpi.js'
import { clientCertificateReason, faultResult, isRefusal } from './fault.js'
import { filesHostNotes } from './files-hosts.js'
import { findIndexNearby } from './look-elsewhere.js'
import { hasLinks } from './page.js'
import type { ProbeResult } from './probe-folder.js'

export type { ProbeContext } from './asking.js'

/** How long to wait before a server that refused a connection is asked once more, in milliseconds: it may be starting. */
const pause = 1000

/** How long an index that answers is asked for what is good to know besides, in milliseconds. */
const patience = 1000

const answerResult = (
  { status, isOfProxy, text }: Answer,
  url: URL,
  { proxy, clientCertificate }: RequestOptions,
  { asker }: ProbeContext,
): ProbeResult => {
  const named = proxy && redact(proxy.href.replace(/\/$/, ''))
  if (status === 407) return { state: 'refuses', reason: `its proxy ${named} rejects the credentials in its URL (407)` }
  if (isOfProxy) return { state: 'down', reason: `its proxy ${named} answers ${status}` }
  const hasCredentials = url.username !== '' || url.password !== ''
  if (status === 401 || status === 403) {
    return {
      state: 'refuses',
      reason: hasCredentials
        ? `it rejects the credentials in its URL (${status})`
        : `it wants credentials, and its URL has none (${status})`,
    }
  }
  if (status === 404 || status === 410) {
    return { state: 'pageless', reason: `it answers ${status}, as some registries do, and a URL that is wrong` }
  }
  // nginx says so in a page of its own, after a whole handshake.
  if (status === 400 && /SSL certificate/i.test(text)) {
    return { state: 'refuses', reason: clientCertificateReason(clientCertificate !== undefined, asker) }
  }
  if (status >= 500) return { state: 'down', reason: `it answers ${status}` }
  if (status < 200) return { state: 'down', reason: `it answers ${status}, which is no page` }
  return { state: 'up', reason: `answers ${status}` }
}

/**
 * Asks a server for its own root, where its index takes long: a devpi-server that is new fetches the list of all projects
 * first, for a quarter of a minute, and answers other requests meanwhile.
 *
 * @param url The index.
 * @param probing What all probes have in common.
 * @returns A promise of whether the server answers, and a function that ends the asking.
 */
const askServer = (url: URL, probing: ProbeContext): { isThere: Promise<boolean>; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  probing.signal.addEventListener('abort', stop)
  const asking = async (): Promise<boolean> => {
    await wait(probing.seconds * 500, over.signal)
    const options = { ...requestOptions(url, probing), signal: over.signal }
    const { status, isOfProxy } = await request(new URL('/', url), options)
    return status < 500 && !isOfProxy
  }
  return { isThere: asking().catch(() => false), stop }
}

/**
 * The page that tells whether an index can be used: its own, or, of the official index, that of the project `pip`. The
 * official index's own has 40 MB, which installers never ask for, and which a proxy may receive whole before it passes on the
 * first byte.
 */
const pageToAsk = (url: URL): URL => (url.href === `${officialIndex}/` ? new URL('pip/', url) : url)

const askOnceMore = async (url: URL, probing: ProbeContext, options: RequestOptions): Promise<Answer> => {
  const wanted = { isEnough: hasLinks }
  try {
    return await ask(url, probing, options, wanted)
  } catch (error) {
    if (!isRefusal(error)) throw error
    await wait(pause, probing.signal)
    return ask(url, probing, options, wanted)
  }
}

/** A probing with less time. */
const hurried = (probing: ProbeContext): { probing: ProbeContext; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  const timer = setTimeout(stop, patience)
  probing.signal.addEventListener('abort', stop)
  over.signal.addEventListener('abort', () => clearTimeout(timer))
  return { probing: { ...probing, signal: over.signal }, stop }
}

/** Looks for what an answer alone does not say: that another URL is meant, or that the files lie out of reach. */
const lookFurther = async (
  url: URL,
  verdict: ProbeResult,
  { text, status }: Answer,
  probing: ProbeContext,
): Promise<ProbeResult> => {
  if (verdict.state !== 'pageless' && status !== 200) return verdict
  const { probing: hurriedProbing, stop } = hurried(probing)
  const isBare = verdict.state === 'pageless' || !hasLinks(text)
  const [nearby, notes] = await Promise.all([
    isBare ? findIndexNearby(url, hurriedProbing) : undefined,
    filesHostNotes(url, hurriedProbing),
  ])
  stop()
  if (nearby !== undefined) {
    const what = verdict.state === 'pageless' ? `it answers ${status}` : 'its page has no links'
    return { state: 'misplaced', reason: `${what}, and an index is at ${nearby}: write that` }
  }
  return { ...verdict, notes }
}

/**
 * Finds out whether an index on a server can be used from here.
 *
 * @param index The index, http or https, with its credentials.
 * @param probing What all probes have in common.
 */
export const probeServer = async (index: string, probing: ProbeContext): Promise<ProbeResult> => {
  const url = new URL(index)
  // As pip does it: a project's page is below the index, with or without a slash at its end.
  url.pathname = url.pathname.replace(/\/*$/, '/')
  const options = requestOptions(url, probing, index)
  const kind = options.proxy?.protocol.replace(':', '') ?? 'http'
  if (!/^https?$/.test(kind)) {
    return { state: 'up', reason: `is behind a ${kind} proxy, which only installers speak: not asked` }
  }
  const server = askServer(url, probing)
  try {
    const answer = await askOnceMore(pageToAsk(url), probing, options)
    server.stop()
    const verdict = answerResult(answer, url, options, probing)
    return (await probeDevpi(index, answer, probing)) ?? (await lookFurther(url, verdict, answer, probing))
  } catch (error) {
    if (probing.signal.aborted && (await server.isThere)) {
      return { state: 'slow', reason: `its server answers, its index not in ${probing.seconds} s` }
    }
    return faultResult(error, {
      url,
      proxy: options.proxy,
      hasClientCertificate: options.clientCertificate !== undefined,
      asker: probing.asker,
      seconds: probing.seconds,
      isOver: probing.signal.aborted,
    })
  } finally {
    server.stop()
  }
}
