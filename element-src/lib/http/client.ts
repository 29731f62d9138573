import { type IncomingHttpHeaders, type IncomingMessage, request as sendRequest } from 'node:http'
import { errorCode, parseUrl } from '../base/errors.js'
import { newAgent, newRoutes, proxyFault, proxyRefusal, type Route } from './connection.js'
import { faultOf, HttpError, isAboutCertificate } from './http-error.js'
import { authorization, credentialsOf, isTls } from './url.js'
import { type ClientOptions, wayTo } from './way.js'

export interface HttpRequest {
  readonly method?: 'GET' | 'HEAD'
  /** All that is sent, but Host, credentials and cookies. */
  readonly headers: Readonly<Record<string, string>>
  /** Ends the request and its connection, the body included; there is no other limit of time. */
  readonly signal: AbortSignal
}

/** The head of an answer, after all redirects. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  /** Has to be read to its end or destroyed. */
  readonly body: IncomingMessage
  readonly url: URL
}

/** Makes what gets the head of the answer to one request, without following redirects; rejected with an HttpError. */
const newExchange = (options: ClientOptions) => {
  const agent = newAgent()
  /** Hosts whose certificates need the system's authorities: reading them takes longer than most requests. */
  const needsAll = new Set<string>()
  /** Hosts whose answers the strict parser refuses, and pip takes. */
  const odd = new Set<string>()
  const routeTo = newRoutes(options)

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
        maxHeaderSize: 1024 * 1024,
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
    const way = wayTo(url, options)
    const { proxy, credentials } = way
    const kind = proxy?.protocol.slice(0, -1) ?? 'http'
    if (kind !== 'http' && kind !== 'https')
      throw new HttpError('proxy', `is behind a ${kind} proxy, which only installers speak`, 'PROXY_KIND')
    const takesAll = needsAll.has(url.host)
    try {
      const headers = { ...request.headers, ...authorization('Authorization', credentials) }
      return await send(url, { ...request, headers }, routeTo(url, way, takesAll, request.signal))
    } catch (error) {
      if (isAboutCertificate(error) && !takesAll) {
        needsAll.add(url.host)
        return exchange(url, request)
      }
      const hasClientCertificate = way.certificate !== undefined
      const found = faultOf(error, { asker: options.asker, host: url.hostname, hasClientCertificate })
      if (proxy === undefined || isTls(url) || found === error || found.kind === 'odd') throw found
      throw proxyFault(proxy, found.message, found.code)
    }
  }
  return exchange
}

/** As requests (its models.py, DEFAULT_REDIRECT_LIMIT), and with it pip. */
const mostRedirects = 30

/** A redirect's body of at most this length is read, so that its connection can be used again. */
const shortBody = 65_536

const nextUrl = (location: string, from: URL): URL => {
  // requests takes its bytes for UTF-8.
  const text = Buffer.from(location, 'latin1').toString('utf8')
  const url = parseUrl(text, from)
  if (url !== undefined && /^https?:$/.test(url.protocol)) return url
  throw new HttpError('redirect', 'redirects to something that is neither http nor https')
}

/** Sends requests as pip would from here: by its proxies, with its authorities. It waits for ever, and repeats nothing that was answered. */
export type HttpClient = ReturnType<typeof newClient>

/** Makes a client, with connections of its own. */
export const newClient = (options: ClientOptions) => {
  const exchange = newExchange(options)
  return {
    /** For the words of a fault. */
    wayTo: (url: URL) => wayTo(url, options),
    /** An answer of any status is one; rejected with an HttpError if there is none. */
    request: async (url: URL, request: HttpRequest): Promise<HttpAnswer> => {
      /** By host and name; they are for this one chain of redirects, and what came over TLS goes over TLS alone. */
      const cookies = new Map<string, { readonly to: URL; readonly pair: string }>()
      let at = url
      for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
        const pairs = [...cookies.values()].flatMap(({ to, pair }) =>
          to.hostname === at.hostname && (isTls(at) || !isTls(to)) ? [pair] : [],
        )
        const headers = pairs.length === 0 ? request.headers : { ...request.headers, Cookie: pairs.join('; ') }
        const body = await exchange(at, { ...request, headers })
        const { statusCode: status = 0 } = body
        const { location, 'set-cookie': set = [], 'content-length': length } = body.headers
        if (![301, 302, 303, 307, 308].includes(status) || location === undefined)
          return { status, headers: body.headers, body, url: at }
        for (const line of set) {
          const pair = line.split(';')[0] ?? ''
          cookies.set(`${at.hostname} ${pair.split('=')[0]}`, { to: at, pair })
        }
        if (Number(length) <= shortBody) body.resume()
        else body.destroy()
        at = nextUrl(location, at)
      }
      throw new HttpError('redirect', `redirects more than ${mostRedirects} times`)
    },
  }
}
