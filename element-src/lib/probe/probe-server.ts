import { nameOf } from '../http/connection.js'
import { clientCertificateFault, faultOf, type HttpError } from '../http/http-error.js'
import { isTls } from '../http/url.js'
import { officialIndex } from '../settings/index-list.js'
import { type Answer, ask, askIfThere, type ProbeContext, wait } from './asking.js'
import { probeDevpi } from './devpi.js'
import { areEnoughFiles, filesHostNotes } from './files-hosts.js'
import { findIndexNearby } from './look-elsewhere.js'
import { foldersOn, hasLinks, isIndexPage, isProjectPage } from './page.js'
import type { ProbeResult } from './probe-folder.js'

/** How long to wait before a server that refused a connection is asked once more, in milliseconds: it may be starting. */
const pause = 1000

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
    const hasClientCertificate = client.hasCertificateFor(new URL(index.url))
    return { state: 'refuses', reason: `it ${clientCertificateFault({ asker, hasClientCertificate })}` }
  }
  return undefined
}

/** What a proxy's own answer says, by which it made no connection to the server: of http alone, since https has a tunnel. */
const gatewayFault = ({ status, headers, url }: Answer, { client }: ProbeContext): ProbeResult | undefined => {
  const proxy = isTls(url) ? undefined : client.proxyTo(url)
  const isOfProxy = status === 502 || status === 504 || headers['x-squid-error'] !== undefined
  return proxy !== undefined && isOfProxy
    ? { state: 'down', reason: `its proxy ${nameOf(proxy)} answers ${status}` }
    : undefined
}

/**
 * Asks a server for its own root, if its index takes long: a devpi-server that is new fetches the list of all projects
 * first, for a quarter of a minute, and answers other requests meanwhile.
 *
 * @returns A promise of whether the server answers, and a function that ends the asking.
 */
const askServer = (url: URL, context: ProbeContext): { isThere: Promise<boolean>; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  context.signal.addEventListener('abort', stop)
  const asking = async (): Promise<boolean> => {
    await wait(context.seconds * 500, over.signal)
    await ask(new URL('/', url), { ...context, signal: over.signal })
    return true
  }
  return { isThere: asking().catch(() => false), stop }
}

const askOnceMore = async (url: URL, context: ProbeContext, areEnough: (text: string) => boolean): Promise<Answer> => {
  try {
    return await ask(url, context, { isEnough: areEnough })
  } catch (error) {
    if (faultOf(error).code !== 'ECONNREFUSED') throw error
    await wait(pause, context.signal)
    return ask(url, context, { isEnough: areEnough })
  }
}

/** With a third of the time: an index that answers is asked for what is good to know besides. */
const hurried = (context: ProbeContext): { hurriedContext: ProbeContext; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  const timer = setTimeout(stop, (context.seconds * 1000) / 3)
  context.signal.addEventListener('abort', stop)
  over.signal.addEventListener('abort', () => clearTimeout(timer))
  return { hurriedContext: { ...context, signal: over.signal }, stop }
}

const samePlace = (one: URL, other: URL): boolean =>
  one.host === other.host && one.pathname.replace(/\/$/, '') === other.pathname.replace(/\/$/, '')

/** Whether what a project's address answers is the page of something else: of a login, or of the network's own portal. */
const isOtherPage = ({ status, text, url }: Answer, asked: URL): boolean =>
  status === 200 && !isProjectPage(text, url) && (!samePlace(url, asked) || /<(?:form|input|script)\b/i.test(text))

/** What the answers at its root and at a project's address make of an index, and whether one is nearby. */
const judge = (url: URL, root: Answer, project: Answer | undefined, nearby: string | undefined): ProbeResult => {
  const { status, text } = root
  const shown = `${root.url.origin}${root.url.pathname}`
  const hasMoved = !samePlace(root.url, url)
  const what = hasMoved ? `it redirects to ${shown}, which answers ${status}` : `it answers ${status}`
  if (nearby !== undefined) {
    const page =
      status !== 200
        ? what
        : hasMoved
          ? `it redirects to ${shown}`
          : hasLinks(text)
            ? 'its page is that of a folder'
            : 'its page has no links'
    return { state: 'misplaced', reason: `${page}, and an index is at ${nearby}: write that` }
  }
  if (status >= 500) {
    return project === undefined || project.status >= 500
      ? { state: 'failing', reason: what }
      : { state: 'pageless', reason: `${what}, and ${project.status} for the project pip, as some registries do` }
  }
  if (status === 404 || status === 410)
    return { state: 'pageless', reason: `${what}, as some registries do, and a URL that is wrong` }
  if (status === 200 && !isIndexPage(text, root.url) && project !== undefined) {
    const page = new URL('pip/', url)
    if (isOtherPage(project, page)) {
      const there = samePlace(project.url, page) ? shown : `${project.url.origin}${project.url.pathname}`
      return {
        state: 'misplaced',
        reason: `it leads to ${there}, which is not an index: a login or a wrong path, perhaps; write the URL of the index itself, and credentials if it wants them`,
      }
    }
  }
  return { state: 'up', reason: hasMoved ? `answers ${status} at ${shown}` : `answers ${status}` }
}

/** Looks for what an answer alone does not say: that another URL is meant, that projects are there, that files are out of reach. */
const lookFurther = async (url: URL, root: Answer, context: ProbeContext): Promise<ProbeResult> => {
  const { status, text } = root
  const isMissing = status === 404 || status === 410
  if (status !== 200 && !isMissing && status < 500) return judge(url, root, undefined, undefined)
  const { hurriedContext, stop } = hurried(context)
  const isOfficial = url.href === `${officialIndex}/`
  const isIndex = isOfficial || (status === 200 && isIndexPage(text, root.url))
  const isListing = status === 200 && foldersOn(text, root.url).includes('simple')
  // A mirror that has projects of its own is asked for no other.
  const askProject = async (): Promise<Answer | undefined> =>
    isOfficial
      ? root
      : context.index.projects === undefined
        ? askIfThere(new URL('pip/', url), hurriedContext, { isEnough: areEnoughFiles })
        : undefined
  const [nearby, [project, notes]] = await Promise.all([
    !isOfficial && status < 500 && (!isIndex || isListing) ? findIndexNearby(url, hurriedContext) : undefined,
    askProject().then(
      async (answer) => [answer, answer === undefined ? [] : await filesHostNotes(answer, hurriedContext)] as const,
    ),
  ])
  stop()
  const result: ProbeResult = isOfficial
    ? { state: 'up', reason: `answers ${status}` }
    : judge(url, root, project, nearby)
  return result.state === 'misplaced' ? result : { ...result, notes }
}

/** What becomes of an index that gave no answer. */
const faultResult = (
  { kind, code, message }: HttpError,
  url: URL,
  { client, seconds, signal }: ProbeContext,
): ProbeResult => {
  const proxy = client.proxyTo(url)
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
  const server = askServer(url, context)
  try {
    // The official index's own page has 40 MB, which installers never ask for, and which a proxy may receive whole before it
    // passes on the first byte.
    const isOfficial = url.href === `${officialIndex}/`
    const answer = await (isOfficial
      ? askOnceMore(new URL('pip/', url), context, areEnoughFiles)
      : askOnceMore(url, context, isEnough))
    server.stop()
    return (
      refusal(answer, context) ??
      gatewayFault(answer, context) ??
      (await probeDevpi(answer, context)) ??
      (await lookFurther(url, answer, context))
    )
  } catch (error) {
    if (context.signal.aborted && (await server.isThere)) {
      return { state: 'slow', reason: `its server answers, its index not in ${context.seconds} s` }
    }
    return faultResult(faultOf(error), url, context)
  } finally {
    server.stop()
  }
}
