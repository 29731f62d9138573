import type { Socket } from 'node:net'
import { authorization } from './authorization.js'
import { connectTo, isTls, overTls, portOf } from './connection.js'
import { exchange } from './exchange.js'
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
  /** The client's certificate and its key, PEM, for servers that ask for one. */
  readonly clientCertificate: string | undefined
  /** When it is over. */
  readonly signal: AbortSignal
}

/** What came back. */
export interface Answer {
  /** The status of the HTTP answer. */
  readonly status: number
  /** Whether it is the proxy that says so, having made no connection to the server. */
  readonly isOfProxy: boolean
  /** The headers, their names in small letters. */
  readonly headers: ReadonlyMap<string, string>
  /** The beginning of the page, as much as was asked for. */
  readonly text: string
}

/** What is read of a page, and in which form it is asked for. */
export interface Wanted {
  /** Whether no more of the page needs to be read, by the text that is here; by default nothing of it is. */
  readonly isEnough?: (text: string) => boolean
  /** The header Accept; by default that for an index's page. */
  readonly accept?: string
}

/** The proxy cannot be reached, whatever the server behind it does; `cause` is the fault. */
export class ProxyError extends Error {
  override name = 'ProxyError'
}

const headers = {
  'Accept-Encoding': 'identity',
  'User-Agent': 'dib-pypi-element',
  Connection: 'close',
}

const connectToProxy = async (proxy: URL, options: RequestOptions): Promise<Socket> => {
  try {
    const socket = await connectTo(proxy, options)
    if (!isTls(proxy)) return socket
    // DIB_PYPI_TRUSTED_HOST trusts the index, not its proxy; the client's certificate is for the index alone.
    return await overTls(socket, proxy, { ...options, verifiesTls: true, clientCertificate: undefined })
  } catch (cause) {
    throw Object.assign(new ProxyError(), { cause })
  }
}

/** Through a proxy, https goes in a tunnel (RFC 9110, 9.3.6). */
const tunnel = async (url: URL, proxy: URL, socket: Socket, { signal }: RequestOptions) => {
  const authority = `${url.hostname}:${portOf(url)}`
  const sent = { Host: authority, ...authorization('Proxy-Authorization', proxy) }
  return exchange(socket, { method: 'CONNECT', target: authority, headers: sent }, () => true, signal)
}

/**
 * Asks for a page, once, without following where that leads.
 *
 * @param url The page, http or https, with its credentials.
 * @param options How to ask.
 * @param wanted What to read of it.
 * @returns The answer; rejected with the error of Node.js where there is none, with a ProxyError where that is the
 *   proxy's fault, and with a NotHttpError where what came is no HTTP.
 */
export const request = async (
  url: URL,
  options: RequestOptions,
  { isEnough = () => true, accept = 'text/html, application/vnd.pypi.simple.v1+html' }: Wanted = {},
): Promise<Answer> => {
  const { proxy, signal } = options
  let socket = await (proxy === undefined ? connectTo(url, options) : connectToProxy(proxy, options))
  try {
    if (isTls(url)) {
      if (proxy !== undefined) {
        const made = await tunnel(url, proxy, socket, options)
        if (made.status !== 200) return { ...made, isOfProxy: true }
      }
      socket = await overTls(socket, url, options)
    }
    const path = `${url.pathname}${url.search}`
    // Through a proxy, http goes as a request for a whole URL (RFC 9112, 3.2.2).
    const isWhole = proxy !== undefined && !isTls(url)
    const sent = {
      Host: url.host,
      Accept: accept,
      ...headers,
      ...authorization('Authorization', url),
      ...(isWhole ? authorization('Proxy-Authorization', proxy) : {}),
    }
    const target = isWhole ? `${url.protocol}//${url.host}${path}` : path
    const answer = await exchange(socket, { method: 'GET', target, headers: sent }, isEnough, signal)
    return { ...answer, isOfProxy: isWhole && answer.status === 407 }
  } finally {
    socket.destroy()
  }
}
