import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import { withoutBrackets } from '../settings/mirror-url.js'
import type { RequestOptions } from './request.js'

/** The host of a URL, an IPv6 one without its brackets. */
export const hostOf = (url: URL): string => withoutBrackets(url.hostname)

/** Whether a URL's server is spoken to over TLS. */
export const isTls = (url: URL): boolean => url.protocol === 'https:'

/** The port of a URL, written or not. */
export const portOf = (url: URL): string => url.port || (isTls(url) ? '443' : '80')

/**
 * Whether a list of hosts names a URL's: with its port or without, an IPv6 address with its brackets or without.
 *
 * @param hosts Hosts, such as those of pip's trusted-host.
 * @param url The URL.
 */
export const isHostIn = (hosts: readonly string[], url: URL): boolean =>
  [url.hostname, hostOf(url), `${url.hostname}:${portOf(url)}`].some((name) =>
    hosts.some((host) => host.toLowerCase() === name),
  )

/** Resolved with the socket when an event comes; rejected with its fault. */
const settled = <Connected extends Socket>(socket: Connected, event: string, signal: AbortSignal): Promise<Connected> =>
  new Promise((resolve, reject) => {
    const giveUp = (): void => {
      socket.destroy()
      reject(signal.reason)
    }
    if (signal.aborted) giveUp()
    signal.addEventListener('abort', giveUp)
    // What reads from the socket later handles its later faults.
    socket.on('error', reject)
    // A server may end a TLS handshake without an error.
    socket.once('close', () => reject(Object.assign(new Error('closed'), { code: 'ECONNRESET' })))
    socket.once(event, () => {
      signal.removeEventListener('abort', giveUp)
      resolve(socket)
    })
  })

/**
 * Connects to a server by TCP.
 *
 * @param server Its URL.
 * @param options How its host is looked up, and for how long.
 */
export const connectTo = async (server: URL, { lookUp, signal }: RequestOptions): Promise<Socket> => {
  const addresses = await lookUp(hostOf(server))
  const lookup: LookupFunction = (_host, { all }, callback) =>
    all ? callback(null, [...addresses]) : callback(null, addresses[0]?.address ?? '', addresses[0]?.family)
  // Node.js 18 tries one of several addresses unless it is told to.
  const options = { host: hostOf(server), port: Number(portOf(server)), lookup, autoSelectFamily: true }
  return settled(connect(options), 'connect', signal)
}

/**
 * Speaks TLS over a connection.
 *
 * @param socket The connection.
 * @param url What is at its other end: the certificate must be for its host.
 * @param options Whether the certificate is verified, by which authorities, and the client's own.
 */
export const overTls = async (socket: Socket, url: URL, options: RequestOptions): Promise<Socket> => {
  const { connect } = await import('node:tls')
  const { verifiesTls, caCertificates, clientCertificate, signal } = options
  const host = hostOf(url)
  const secure = connect({
    socket,
    host,
    ...(isIP(host) > 0 ? {} : { servername: host }),
    ALPNProtocols: ['http/1.1'],
    rejectUnauthorized: verifiesTls,
    ...(caCertificates === undefined ? {} : { ca: [...caCertificates] }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate, key: clientCertificate }),
  })
  return settled(secure, 'secureConnect', signal)
}
