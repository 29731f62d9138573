import { Agent as HttpAgent, type RequestOptions, request } from 'node:http'
import { Agent as HttpsAgent, request as requestOverTls } from 'node:https'
import { isIP, type Socket } from 'node:net'
import { connect, createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { authorization } from './authorization.js'
import { hostOf } from './connection.js'
import { HttpError, statusFault } from './http-error.js'

/** How to connect to an https server. */
export interface TlsOptions {
  /** Whether its certificate is verified. */
  readonly verifies: boolean
  /** By what it is verified, and what it is shown (`contextOf`). */
  readonly context: () => SecureContext
}

/** Authorities, and a certificate of our own. */
export interface Certificates {
  /** Authorities in PEM besides Node.js' own; undefined for these alone. */
  readonly authorities: (() => readonly string[]) | undefined
  /** The certificate to show to a server, and its key, in PEM. */
  readonly certificate: string | undefined
  readonly key: string | undefined
}

// As many as uv asks for at once; connections that are free are kept as long as a server does.
const pooling = { keepAlive: true, maxSockets: 50, maxFreeSockets: 50, scheduling: 'lifo' } as const

/** Leaves out repeated authorities: a host's own are mostly those of Node.js, and reading one takes 0.4 ms. */
const once = (certificates: readonly string[]): string[] => [...new Set(certificates.map((text) => text.trim()))]

/**
 * Makes what agents need to meet https servers, once and when it is first asked for: reading the authorities of a host takes
 * 100 ms.
 *
 * @param certificates What it holds.
 */
export const contextOf = ({ authorities, certificate, key }: Certificates): (() => SecureContext) => {
  let context: SecureContext | undefined
  return () => {
    context ??= createSecureContext({
      ...(authorities === undefined ? {} : { ca: once([...rootCertificates, ...authorities()]) }),
      ...(certificate === undefined ? {} : { cert: certificate, key: key ?? certificate }),
    })
    return context
  }
}

/** Opens a tunnel through a proxy (RFC 9110, 9.3.6). */
const tunnel = (proxy: URL, { host, port }: RequestOptions): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const name = isIP(host ?? '') === 6 ? `[${host}]` : host
    const overTls = proxy.protocol === 'https:'
    const sent = (overTls ? requestOverTls : request)({
      host: hostOf(proxy),
      port: proxy.port || (overTls ? 443 : 80),
      method: 'CONNECT',
      path: `${name}:${port}`,
      headers: { Host: `${name}:${port}`, ...authorization('Proxy-Authorization', proxy) },
      agent: false,
      timeout: 15_000,
    })
    sent.on('connect', ({ statusCode = 0 }, socket: Socket) => {
      if (statusCode === 200) return resolve(socket)
      socket.destroy()
      reject(
        statusCode === 407
          ? statusFault(407)
          : new HttpError(`is behind a proxy that answers ${statusCode}`, 'connection', statusCode >= 500),
      )
    })
    sent.on('timeout', () => sent.destroy(new HttpError('is behind a proxy that does not answer', 'connection', true)))
    sent.on('response', ({ statusCode = 0 }) => {
      sent.destroy()
      reject(new HttpError(`is behind a proxy that answers ${statusCode}`, 'connection', false))
    })
    sent.on('error', reject)
    sent.end()
  })

/** An agent for http servers, or for a proxy by http. */
export const httpAgent = (): HttpAgent => new HttpAgent(pooling)

/**
 * An agent for https servers, which keeps their connections.
 *
 * @param tls How they are to be met.
 * @param proxy The proxy on the way to them, with its credentials, or undefined.
 */
export const httpsAgent = (tls: TlsOptions, proxy: URL | undefined): HttpsAgent => {
  const agent = new HttpsAgent({ ...pooling, rejectUnauthorized: tls.verifies })
  const create = (options: RequestOptions, done: (error: unknown, socket?: Socket) => void): Socket | undefined => {
    const host = options.host ?? ''
    const known = {
      ...(options as object),
      // Node.js 18 tries one of several addresses unless it is told to.
      autoSelectFamily: true,
      secureContext: tls.context(),
      rejectUnauthorized: tls.verifies,
      ...(isIP(host) > 0 ? { servername: '' } : { servername: host }),
    }
    if (proxy === undefined) return connect(known)
    tunnel(proxy, options).then(
      (socket) => done(null, connect({ ...known, socket })),
      (error) => done(error),
    )
    return undefined
  }
  return Object.assign(agent, { createConnection: create })
}
