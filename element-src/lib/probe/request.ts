import type { IncomingMessage } from 'node:http'
import type { RequestOptions as NodeRequestOptions } from 'node:https'
import { isIP, type LookupFunction, type Socket } from 'node:net'
import type { LookUp } from './look-up.js'

/** How to ask. */
export interface RequestOptions {
  /** The proxy, with its credentials, or undefined to go there directly. */
  readonly proxy: URL | undefined
  readonly lookUp: LookUp
  /** Whether the server's certificate is verified. */
  readonly verifiesTls: boolean
  /** Authorities in PEM besides Node.js' own, or undefined for these alone. */
  readonly caCertificates: readonly string[] | undefined
  /** The certificate by which the server knows this client, and its key, in PEM; undefined for none. */
  readonly client: { readonly cert: string; readonly key: string } | undefined
  /** When it is over. */
  readonly signal: AbortSignal
}

/** What came back. */
export interface Answer {
  /** The status of the HTTP answer. */
  readonly status: number
  /** Whether it is the proxy that says so, having made no connection to the server. */
  readonly isOfProxy: boolean
}

const headers = { Accept: 'text/html, application/vnd.pypi.simple.v1+html', 'User-Agent': 'dib-pypi-element' }

/** The host of a URL, an IPv6 one without its brackets. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, '')

const isTls = (url: URL): boolean => url.protocol === 'https:'

const portOf = (url: URL): string => url.port || (isTls(url) ? '443' : '80')

const decode = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A header with the credentials of a URL (RFC 7617), where it has some. */
const authorization = (name: string, { username, password }: URL): Record<string, string> =>
  username === '' && password === ''
    ? {}
    : { [name]: `Basic ${Buffer.from(`${decode(username)}:${decode(password)}`).toString('base64')}` }

/** Sends a request; resolved with the answer's head. The rest of it is not read. */
const headOf = async (options: NodeRequestOptions, overTls: boolean): Promise<IncomingMessage> => {
  const { request } = overTls ? await import('node:https') : await import('node:http')
  return new Promise((resolve, reject) => {
    // An agent makes connections of its own.
    const sent = request({ ...options, ...(options.createConnection === undefined ? { agent: false } : {}) })
    sent.on('response', (response) => {
      response.destroy()
      resolve(response)
    })
    sent.on('connect', (response, socket: Socket) => resolve(Object.assign(response, { socket })))
    sent.on('error', reject)
    sent.end()
  })
}

const connectionTo = async (server: URL, { lookUp, signal }: RequestOptions): Promise<NodeRequestOptions> => {
  const addresses = await lookUp(hostOf(server))
  const lookup: LookupFunction = (_host, { all }, callback) =>
    all ? callback(null, [...addresses]) : callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
  // Node.js 18 tries one of several addresses unless it is told to.
  const options = { host: hostOf(server), port: portOf(server), lookup, signal, autoSelectFamily: true }
  return options
}

const tlsOptions = (url: URL, { verifiesTls, caCertificates, client }: RequestOptions): NodeRequestOptions => ({
  servername: isIP(hostOf(url)) > 0 ? '' : hostOf(url),
  rejectUnauthorized: verifiesTls,
  ...(caCertificates === undefined ? {} : { ca: [...caCertificates] }),
  ...client,
})

// Trust in an index is none in its proxy.
const connectionToProxy = async (proxy: URL, way: RequestOptions): Promise<NodeRequestOptions> => ({
  ...(await connectionTo(proxy, way)),
  ...(isTls(proxy) ? tlsOptions(proxy, { ...way, verifiesTls: true, client: undefined }) : {}),
})

/** Through a proxy, http goes as a request for a whole URL (RFC 9112, 3.2.2). */
const requestByProxy = async (url: URL, proxy: URL, way: RequestOptions): Promise<Answer> => {
  const { statusCode = 0 } = await headOf(
    {
      ...(await connectionToProxy(proxy, way)),
      path: `${url.protocol}//${url.host}${url.pathname}${url.search}`,
      headers: {
        ...headers,
        Host: url.host,
        ...authorization('Authorization', url),
        ...authorization('Proxy-Authorization', proxy),
      },
    },
    isTls(proxy),
  )
  return { status: statusCode, isOfProxy: statusCode === 407 }
}

/** Through a proxy, https goes in a tunnel (RFC 9110, 9.3.6). */
const tunnelBy = async (url: URL, proxy: URL, way: RequestOptions): Promise<IncomingMessage> => {
  const authority = `${url.hostname}:${portOf(url)}`
  return headOf(
    {
      ...(await connectionToProxy(proxy, way)),
      method: 'CONNECT',
      path: authority,
      headers: { Host: authority, ...authorization('Proxy-Authorization', proxy) },
    },
    isTls(proxy),
  )
}

const connectionThrough = async (socket: Socket, url: URL, way: RequestOptions): Promise<NodeRequestOptions> => {
  const { connect } = await import('node:tls')
  const { rejectUnauthorized = true, ca } = tlsOptions(url, way)
  const options = { host: hostOf(url), socket, rejectUnauthorized, ...(ca === undefined ? {} : { ca }), ...way.client }
  const name = isIP(hostOf(url)) > 0 ? {} : { servername: hostOf(url) }
  return { signal: way.signal, createConnection: () => connect({ ...options, ...name }) }
}

/**
 * Asks for an index, once: GET of its root, without following where that leads. Nothing of the answer but its head is read.
 *
 * @param url The index, http or https, with its credentials.
 * @param way How to ask.
 * @returns The answer; rejected with the error of Node.js where there is none.
 */
export const request = async (url: URL, way: RequestOptions): Promise<Answer> => {
  const { proxy } = way
  if (proxy !== undefined && !isTls(url)) return requestByProxy(url, proxy, way)
  let connection: NodeRequestOptions
  if (proxy === undefined) {
    connection = { ...(await connectionTo(url, way)), ...(isTls(url) ? tlsOptions(url, way) : {}) }
  } else {
    const tunnel = await tunnelBy(url, proxy, way)
    if (tunnel.statusCode !== 200) {
      tunnel.socket.destroy()
      return { status: tunnel.statusCode ?? 0, isOfProxy: true }
    }
    connection = await connectionThrough(tunnel.socket, url, way)
  }
  const { statusCode = 0 } = await headOf(
    {
      ...connection,
      path: `${url.pathname}${url.search}`,
      headers: { ...headers, Host: url.host, ...authorization('Authorization', url) },
    },
    isTls(url),
  )
  return { status: statusCode, isOfProxy: false }
}
