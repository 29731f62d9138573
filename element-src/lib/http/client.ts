import { readFileSync } from 'node:fs'
import { type Agent, type IncomingMessage, type RequestOptions, request as requestOverHttp } from 'node:http'
import { Agent as HttpsAgent, request as requestOverTls } from 'node:https'
import type { SecureContext } from 'node:tls'
import { ignoreErrors } from '../base/errors.js'
import type { RelayConfig } from '../relay/config.js'
import type { Index } from '../settings/index-list.js'
import { contextOf, httpAgent, httpsAgent } from './agents.js'
import { authorization } from './authorization.js'
import { imageCaCertificates } from './ca-certificates.js'
import { hostOf, isHostIn } from './connection.js'
import { faultOf, HttpError, statusFault } from './http-error.js'
import { proxyFor } from './proxy.js'

/** A request. */
export interface Asked {
  readonly method?: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  /** When it is over. */
  readonly signal: AbortSignal
  /** How long the server may be silent, in milliseconds, if not as usual. */
  readonly patience?: number
}

/** The head of an answer, after all redirects. */
export interface Answered {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  /** What is not read of it has to be destroyed. */
  readonly body: IncomingMessage
  /** Where it came from. */
  readonly url: URL
}

/** Sends a request; rejected with an HttpError where there is no answer. */
export type Client = (url: URL, asked: Asked) => Promise<Answered>

/** How long a server may be silent, in milliseconds: pip's own default. */
export const silence = 15_000

const mostRedirects = 10
const mostHeaders = 1024 * 1024
const userAgent = 'dib-pypi-element'

const send = (url: URL, options: RequestOptions, agent: Agent, { signal, patience }: Asked): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const sent = (agent instanceof HttpsAgent ? requestOverTls : requestOverHttp)({
      ...options,
      agent,
      signal,
      // pip and uv take heads that Node.js' strict parser refuses: lines that end in LF alone, control characters.
      insecureHTTPParser: true,
      maxHeaderSize: mostHeaders,
    })
    // Of the whole time up to the head, a connection's and a proxy's part included.
    const timer =
      patience &&
      setTimeout(
        () => sent.destroy(new HttpError(`does not answer in ${patience / 1000} s`, 'connection', true)),
        patience,
      )
    sent.on('response', (response) => {
      clearTimeout(timer)
      // The body may still fail when its reader has gone.
      response.on('error', () => undefined)
      resolve(response)
    })
    sent.on('error', (error) => {
      clearTimeout(timer)
      reject(
        faultOf(signal.aborted ? new HttpError(`is no longer asked for ${url.pathname}`, 'connection', false) : error),
      )
    })
    sent.end()
  })

/**
 * Makes what sends requests for an index, as pip would from the host: by its proxies, with its CAs, and with the index's
 * credentials to the index's own server alone, wherever a redirect leads.
 *
 * @param index The index, on a server.
 * @param config What it has in common with others.
 */
export const newClient = (index: Index, config: Pick<RelayConfig, 'environment' | 'trustedHosts'>): Client => {
  const own = new URL(index.url)
  const agents = new Map<string, Agent>()
  /** The hosts whose certificates are not signed by Node.js' own authorities. */
  const needsAll = new Set<string>()
  const file = config.environment['PIP_CLIENT_CERT']
  // As in pip, it holds the key as well (pip's documentation, `--client-cert`).
  const general = file && ignoreErrors(['ENOENT', 'EACCES', 'ENOTDIR', 'EISDIR'], () => readFileSync(file, 'utf8'))

  /** Shared by the index's own server and others, such as that of its files, where they are shown the same. */
  const contexts = new Map<string, () => SecureContext>()
  const contextFor = (takesAll: boolean, isOwn: boolean): (() => SecureContext) => {
    const certificate = isOwn ? (index.clientCert ?? general) : undefined
    const key = `${takesAll} ${certificate !== undefined}`
    const context =
      contexts.get(key) ??
      contextOf({
        authorities: takesAll
          ? () => [...imageCaCertificates(config.environment), ...(index.ca === undefined ? [] : [index.ca])]
          : undefined,
        certificate,
        key: isOwn ? index.clientKey : undefined,
      })
    contexts.set(key, context)
    return context
  }

  const agentFor = (url: URL, proxy: URL | undefined, takesAll: boolean): Agent => {
    const isOwn = url.host === own.host && url.protocol === own.protocol
    const verifies = !((isOwn && index.trusted) || isHostIn(config.trustedHosts, url))
    const key = `${url.protocol} ${isOwn} ${verifies} ${takesAll} ${proxy?.href}`
    const known = agents.get(key)
    if (known !== undefined) return known
    const tls = { verifies, context: contextFor(takesAll, isOwn) }
    const isTls = url.protocol === 'https:'
    // For http, the connection goes to the proxy; DIB_PYPI_TRUSTED_HOST trusts the index, not its proxy.
    const agent = isTls
      ? httpsAgent(tls, proxy)
      : proxy?.protocol === 'https:'
        ? httpsAgent({ verifies: true, context: contextFor(takesAll, false) }, undefined)
        : httpAgent()
    agents.set(key, agent)
    return agent
  }

  const ask = async (url: URL, asked: Asked): Promise<IncomingMessage> => {
    const { method = 'GET', headers } = asked
    const proxy = proxyFor(url, config.environment)
    if (proxy !== undefined && !/^https?:$/.test(proxy.protocol))
      throw new HttpError(
        `is behind a proxy of a kind that the relay does not know (${proxy.protocol})`,
        'connection',
        false,
      )
    const isByProxy = proxy !== undefined && url.protocol === 'http:'
    const to = isByProxy ? proxy : url
    const credentials = url.username || url.password ? url : url.origin === own.origin ? own : undefined
    const options = {
      method,
      host: hostOf(to),
      port: to.port || (to.protocol === 'https:' ? 443 : 80),
      // By a proxy, http goes as a request for a whole URL (RFC 9112, 3.2.2).
      path: `${isByProxy ? `http://${url.host}` : ''}${url.pathname}${url.search}`,
      autoSelectFamily: true,
      headers: {
        'User-Agent': userAgent,
        ...headers,
        Host: url.host,
        ...(credentials === undefined ? {} : authorization('Authorization', credentials)),
        ...(isByProxy ? authorization('Proxy-Authorization', proxy) : {}),
      },
    }
    // Loading all authorities of the host takes longer than most requests, so it is done only for servers that need them.
    if (index.ca === undefined && !needsAll.has(url.host)) {
      try {
        return await send(url, options, agentFor(url, proxy, false), asked)
      } catch (error) {
        if (!(error instanceof HttpError && error.isAboutCertificate)) throw error
        needsAll.add(url.host)
      }
    }
    return send(url, options, agentFor(url, proxy, true), asked)
  }

  return async (url, asked) => {
    let at = url
    for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
      const body = await ask(at, asked)
      const { statusCode: status = 0, headers } = body
      if (status === 407) throw statusFault(407)
      if (![301, 302, 303, 307, 308].includes(status) || headers.location === undefined)
        return { status, headers, body, url: at }
      // A short one leaves its connection to the next request.
      if (Number(headers['content-length']) <= 65_536) body.resume()
      else body.destroy()
      at = nextUrl(headers.location, at)
    }
    throw new HttpError(`redirects more than ${mostRedirects} times`, 'content', false)
  }
}

const nextUrl = (location: string, from: URL): URL => {
  try {
    const url = new URL(location, from)
    if (/^https?:$/.test(url.protocol)) return url
  } catch {
    // Said below.
  }
  throw new HttpError('redirects to something that is neither http nor https', 'content', false)
}
