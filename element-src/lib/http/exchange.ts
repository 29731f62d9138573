import { type IncomingMessage, request as sendRequest } from 'node:http'
import type { LookupFunction } from 'node:net'
import type { Environment } from '../base/command.js'
import { errorCode } from '../base/errors.js'
import { textAt } from '../base/files.js'
import { newAgent, newContexts, proxyFault, proxyRefusal, type Route } from './connection.js'
import { type Asker, faultOf, HttpError, isAboutCertificate } from './http-error.js'
import { newSharedLookup } from './look-up.js'
import { proxyFor } from './proxy.js'
import { authorization, type Credentials, credentialsOf, isHostIn, isSameServer, isTls } from './url.js'

/** A server, and what is shown to it and to no other, wherever a link or a redirect leads. */
export interface OwnServer {
  /** Without credentials. */
  readonly url: string
  readonly credentials?: Credentials | undefined
  /** The client's certificate, and its key, PEM; one may hold both. */
  readonly clientCert?: string | undefined
  readonly clientKey?: string | undefined
  /** Whether its certificate is not verified. */
  readonly trusted?: boolean | undefined
  /** An authority that counts for its certificate, and for those of the servers that it leads to, PEM. */
  readonly ca?: string | undefined
}

/** How a client reaches servers. */
export interface ClientOptions {
  readonly own?: OwnServer | undefined
  /** pip's variables for proxies, authorities and PIP_CLIENT_CERT. */
  readonly environment: Environment
  /** Hosts whose certificates are not verified, each `host` or `host:port`. */
  readonly trustedHosts: readonly string[]
  /** Who asks, for the words of a fault. */
  readonly asker: Asker
  /** By default one of its own. */
  readonly lookup?: LookupFunction | undefined
}

/** A request. */
export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD'
  /** All that is sent, but Host, credentials and cookies. */
  readonly headers: Readonly<Record<string, string>>
  /** Ends the request and its connection, the body included; there is no other limit of time. */
  readonly signal: AbortSignal
}

const maxHeadBytes = 1024 * 1024

/** The proxy on the way to a URL, what is shown there, and whether the server's certificate is verified: the one place that decides it. */
export const wayTo = (url: URL, { own, environment, trustedHosts }: ClientOptions) => {
  const mine = own && isSameServer(new URL(own.url), url) ? own : undefined
  // pip shows this one to every server, with the key in the same file (pip's documentation, `--client-cert`).
  const general = (): string | undefined => textAt(environment['PIP_CLIENT_CERT'] ?? '', 'utf8')
  return {
    // As the user wrote it, since no_proxy sees a port that is the scheme's own only if it is written.
    proxy: proxyFor(own && new URL(own.url).origin === url.origin ? own.url : url.href, environment),
    credentials: credentialsOf(url) ?? mine?.credentials,
    verifies: !(mine?.trusted || isHostIn(trustedHosts, url)),
    certificate: isTls(url) ? (mine?.clientCert ?? general()) : undefined,
    key: mine?.clientCert === undefined ? undefined : mine.clientKey,
  }
}

/** Makes what gets the head of the answer to one request, without following redirects; rejected with an HttpError. */
export const newExchange = (options: ClientOptions) => {
  const { own, environment, asker, lookup = newSharedLookup() } = options
  const agent = newAgent()
  /** Hosts whose certificates need the system's authorities: reading them takes longer than most requests. */
  const needsAll = new Set<string>()
  /** Hosts whose answers the strict parser refuses, and pip takes. */
  const odd = new Set<string>()
  const contextFor = newContexts(environment, own?.ca)

  const send = (url: URL, { method = 'GET', headers, signal }: HttpRequest, route: Route): Promise<IncomingMessage> =>
    new Promise((resolve, reject) => {
      const isLenient = odd.has(url.host)
      const byProxy = isTls(url) ? undefined : route.proxy
      const sent = sendRequest({
        agent,
        ...{ route },
        method,
        // By a proxy, http goes as a request for a whole URL (RFC 9112, 3.2.2).
        path: `${byProxy === undefined ? '' : url.origin}${url.pathname}${url.search}`,
        headers: {
          ...headers,
          Host: url.host,
          ...(byProxy === undefined ? {} : authorization('Proxy-Authorization', credentialsOf(byProxy))),
        },
        insecureHTTPParser: isLenient,
        maxHeaderSize: maxHeadBytes,
        signal,
      })
      // What only the lenient parser takes may end elsewhere than it seems.
      if (isLenient) sent.shouldKeepAlive = false
      let isAnswered = false
      const note = (error: unknown): void => {
        if (/^HPE_(?!HEADER_OVERFLOW)/.test(errorCode(error) ?? '')) odd.add(url.host)
      }
      sent.on('response', (response) => {
        isAnswered = true
        // The body may fail when its reader has gone.
        response.on('error', note)
        if (response.statusCode !== 407 || byProxy === undefined) return resolve(response)
        response.destroy()
        reject(proxyRefusal(byProxy))
      })
      sent.on('upgrade', ({ statusCode }, socket) => {
        socket.destroy()
        reject(new HttpError('odd', `answers ${statusCode}, which is not a page`))
      })
      sent.on('error', (error) => {
        note(error)
        if (signal.aborted) return reject(new HttpError('aborted', 'is no longer asked'))
        // A connection that was used before, and that the server had closed meanwhile.
        const isStale = sent.reusedSocket && /^(?:ECONNRESET|EPIPE)$/.test(errorCode(error) ?? '')
        // What is sent again has had no answer.
        const isAgain = !isAnswered && (isStale || odd.has(url.host) !== isLenient)
        if (isAgain) resolve(send(url, { method, headers, signal }, route))
        else reject(error)
      })
      sent.end()
    })

  const exchange = async (url: URL, request: HttpRequest): Promise<IncomingMessage> => {
    const { proxy, credentials, verifies, certificate, key } = wayTo(url, options)
    const kind = proxy?.protocol.replace(':', '') ?? 'http'
    if (!/^https?$/.test(kind))
      throw new HttpError('proxy', `is behind a ${kind} proxy, which only installers speak`, 'PROXY_KIND')
    const takesAll = needsAll.has(url.host)
    try {
      const route: Route = {
        key: [proxy?.href, proxy && !isTls(url) ? '' : url.origin, takesAll].join(' '),
        url,
        proxy,
        how: {
          lookup,
          rejectUnauthorized: verifies,
          secureContext: isTls(url) ? contextFor(takesAll, certificate, key) : undefined,
        },
        howToProxy: {
          lookup,
          rejectUnauthorized: true,
          secureContext: proxy && isTls(proxy) ? contextFor(takesAll) : undefined,
        },
        asker,
        gone: request.signal,
      }
      const headers = { ...request.headers, ...authorization('Authorization', credentials) }
      return await send(url, { ...request, headers }, route)
    } catch (error) {
      if (isAboutCertificate(error) && !takesAll) {
        needsAll.add(url.host)
        return exchange(url, request)
      }
      const found = faultOf(error, { asker, host: url.hostname, hasClientCertificate: certificate !== undefined })
      if (proxy === undefined || isTls(url) || found === error || found.kind === 'odd') throw found
      throw proxyFault(proxy, found.message, found.code)
    }
  }
  return exchange
}
