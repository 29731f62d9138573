import { setTimeout as pause } from 'node:timers/promises'
import { nameOf } from '../http/connection.js'
import { clientCertificateFault, faultOf, type HttpError } from '../http/http-error.js'
import { isTls } from '../http/url.js'
import { officialIndex } from '../settings/index-list.js'
import { type Answer, ask, endable, foldersOn, type ProbeContext, type ProbeResult } from './asking.js'
import { areEnoughFiles, lookFurther, probeDevpi } from './further.js'

/** How long to wait before a server that refused a connection is asked once more, in milliseconds: it may be starting. */
const startingTime = 1000

/** So many folders are enough to tell an index from a web server's list of a mirror's folder. */
const isEnough = (text: string): boolean => foldersOn(text, new URL('http://any/')).length >= 100

/** What an answer says of who asks; undefined if it says nothing of that. */
const refusal = ({ status, text }: Answer, { index, asker, client }: ProbeContext): ProbeResult | undefined => {
  const { credentials, name, source } = index
  if (status === 401 || status === 403) {
    const place = name === undefined ? source : `url of ${source}`
    const reason =
      credentials === undefined
        ? `it wants credentials, and its URL has none (${status})`
        : credentials.key === undefined
          ? `it rejects the credentials in its URL (${status}): correct them in ${place}`
          : `it rejects the user name and the password of ${source} (${status}): correct username or ${credentials.key} there`
    return { state: 'refuses', reason }
  }
  // nginx says so in a page of its own, after a whole handshake.
  if (status === 400 && /SSL certificate/i.test(text)) {
    const hasClientCertificate = client.wayTo(new URL(index.url)).certificate !== undefined
    return { state: 'refuses', reason: `it ${clientCertificateFault({ asker, hasClientCertificate })}` }
  }
  return undefined
}

/** What a proxy's own answer says, by which it made no connection to the server: of http alone, since https has a tunnel. */
const gatewayFault = ({ status, headers, url }: Answer, { client }: ProbeContext): ProbeResult | undefined => {
  const proxy = isTls(url) ? undefined : client.wayTo(url).proxy
  const isOfProxy = status === 502 || status === 504 || headers['x-squid-error'] !== undefined
  return proxy !== undefined && isOfProxy
    ? { state: 'down', reason: `its proxy ${nameOf(proxy)} answers ${status}` }
    : undefined
}

const askOnceMore = async (url: URL, context: ProbeContext, areEnough: (text: string) => boolean): Promise<Answer> => {
  try {
    return await ask(url, context, areEnough)
  } catch (error) {
    if (faultOf(error).code !== 'ECONNREFUSED') throw error
    await pause(startingTime, undefined, { signal: context.signal })
    return ask(url, context, areEnough)
  }
}

/** What becomes of an index that gave no answer. */
const faultResult = (
  { kind, code, message }: HttpError,
  url: URL,
  { client, seconds, signal }: ProbeContext,
): ProbeResult => {
  const { proxy } = client.wayTo(url)
  if (signal.aborted) {
    const through = proxy === undefined ? '' : ` through its proxy ${nameOf(proxy)}`
    return { state: 'down', reason: `no answer${through} in ${seconds} s` }
  }
  if (code === 'PROXY_KIND') return { state: 'up', reason: `${message}: not asked` }
  const isRefusal = kind === 'tls' || code === '407'
  const state = isRefusal ? 'refuses' : kind === 'odd' ? 'odd' : kind === 'redirect' ? 'misplaced' : 'down'
  return { state, reason: `it ${message}` }
}

/** Finds out whether an index on a server can be used from here. */
export const probeServer = async (context: ProbeContext): Promise<ProbeResult> => {
  const url = new URL(context.index.url)
  // As pip does it: a project's page is below the index, with or without a slash at its end.
  url.pathname = url.pathname.replace(/\/*$/, '/')
  // A devpi-server that is new fetches the list of all projects first, for a quarter of a minute, and answers other requests meanwhile.
  const { context: root, stop } = endable(context)
  const answersAtAll = pause(context.seconds * 500, undefined, { signal: root.signal })
    .then(() => ask(new URL('/', url), root))
    .then(
      () => true,
      () => false,
    )
  try {
    // The official index's own page has 40 MB, which installers never ask for, and which a proxy may receive whole before it
    // passes on the first byte.
    const isOfficial = url.href === `${officialIndex}/`
    const answer = await (isOfficial
      ? askOnceMore(new URL('pip/', url), context, areEnoughFiles)
      : askOnceMore(url, context, isEnough))
    stop()
    return (
      refusal(answer, context) ??
      gatewayFault(answer, context) ??
      (await probeDevpi(answer, context)) ??
      (await lookFurther(url, answer, context, isOfficial))
    )
  } catch (error) {
    if (context.signal.aborted && (await answersAtAll)) {
      return { state: 'slow', reason: `its server answers, its index not in ${context.seconds} s` }
    }
    return faultResult(faultOf(error), url, context)
  } finally {
    stop()
  }
}
