import { errorCode, errorMessage } from '../hook/error.js'
import type { IndexOptions } from '../settings/indexes.js'
import type { Environment } from '../settings/mirrors.js'
import { imageCaCertificates } from './ca-certificates.js'
import type { LookUp } from './look-up.js'
import type { Verdict } from './probe-folder.js'
import { proxyFor } from './proxy.js'
import { type Answer, hostOf, type RequestOptions, request } from './request.js'

/** What all probes of a build have in common. */
export interface Probing {
  readonly environment: Environment
  /** pip's trusted hosts, each `host` or `host:port`. */
  readonly trustedHosts: readonly string[]
  readonly lookUp: LookUp
  /** How long it may take in all, in seconds; for the message. */
  readonly seconds: number
  /** When that time is over. */
  readonly signal: AbortSignal
}

/** How long to wait before a server that refused a connection is asked once more, in milliseconds: it may be starting. */
const pause = 1000

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the connection is broken off',
  EHOSTUNREACH: 'there is no way to its host',
  ENETUNREACH: 'there is no way to its network',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'no name server knows its host now',
  EPROTO: 'it does not speak TLS',
}

/** The faults of a certificate, as OpenSSL and Node.js name them (Node.js' documentation, tls, X509 certificate error codes). */
const isAboutCertificate = (code: string): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CRL|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH/.test(code)

const answerVerdict = ({ status, isOfProxy }: Answer): Verdict => {
  if (status === 407) return { state: 'refuses', reason: 'its proxy wants other credentials (407)' }
  if (isOfProxy) return { state: 'down', reason: `its proxy answers ${status}` }
  if (status === 401) return { state: 'refuses', reason: 'it wants other credentials than its URL has (401)' }
  if (status === 403) return { state: 'refuses', reason: 'it lets nobody in with the credentials of its URL (403)' }
  if (status >= 500) return { state: 'down', reason: `it answers ${status}` }
  return { state: 'up', reason: `answers ${status}` }
}

const faultVerdict = (error: unknown, { seconds, signal }: Probing): Verdict => {
  if (signal.aborted) return { state: 'down', reason: `no answer in ${seconds} s` }
  // Of several addresses each has its own fault.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = errorCode(first) ?? ''
  if (isAboutCertificate(code)) {
    return {
      state: 'refuses',
      reason: `the image has no reason to trust its certificate (${code}): add its authority to the image, or name its host in DIB_PYPI_TRUSTED_HOST`,
    }
  }
  return {
    state: 'down',
    reason: reasons[code] ?? (code.startsWith('HPE_') ? 'it does not speak HTTP' : errorMessage(first)),
  }
}

const wait = async (milliseconds: number, signal: AbortSignal): Promise<void> => {
  const { setTimeout } = await import('node:timers/promises')
  await setTimeout(milliseconds, undefined, { signal })
}

const wayTo = (
  url: URL,
  { environment, lookUp, signal, trustedHosts }: Probing,
  { ca, clientCert, clientKey, trusted }: IndexOptions,
): RequestOptions => ({
  proxy: proxyFor(url, environment),
  lookUp,
  signal,
  verifiesTls: !trusted && !isTrusted(url, trustedHosts),
  caCertificates: ca === undefined ? undefined : [ca],
  client: clientCert === undefined ? undefined : { cert: clientCert, key: clientKey ?? clientCert },
})

/**
 * Asks a server for its own root, where its index takes long: a devpi-server that is new fetches the list of all projects
 * first, for a quarter of a minute, and answers other requests meanwhile.
 *
 * @param url The index.
 * @param probing What all probes have in common.
 * @param options What a mirrors file says of the index.
 * @returns A promise of whether the server answers, and a function that ends the asking.
 */
const askServer = (
  url: URL,
  probing: Probing,
  options: IndexOptions,
): { isThere: Promise<boolean>; stop: () => void } => {
  const over = new AbortController()
  const stop = (): void => over.abort()
  probing.signal.addEventListener('abort', stop)
  const asking = async (): Promise<boolean> => {
    await wait(probing.seconds * 500, over.signal)
    const { status, isOfProxy } = await request(new URL('/', url), {
      ...wayTo(url, probing, options),
      signal: over.signal,
    })
    return status < 500 && !isOfProxy
  }
  return { isThere: asking().catch(() => false), stop }
}

const isTrusted = (url: URL, trustedHosts: readonly string[]): boolean =>
  [url.hostname, hostOf(url), `${url.hostname}:${url.port || '443'}`].some((name) =>
    trustedHosts.some((host) => host.toLowerCase() === name),
  )

const ask = async (url: URL, probing: Probing, options: IndexOptions): Promise<Answer> => {
  const way = wayTo(url, probing, options)
  try {
    return await request(url, way)
  } catch (error) {
    const code = errorCode(error) ?? ''
    if (code === 'ECONNREFUSED' || (error instanceof AggregateError && error.errors.every(isRefusal))) {
      await wait(pause, probing.signal)
      return request(url, way)
    }
    if (!isAboutCertificate(code)) throw error
    // Reading all of an image's caCertificates takes longer than the request: for those who need it.
    return request(url, {
      ...way,
      caCertificates: [...imageCaCertificates(probing.environment), ...(way.caCertificates ?? [])],
    })
  }
}

const isRefusal = (error: unknown): boolean => errorCode(error) === 'ECONNREFUSED'

/**
 * Finds out whether an index on a server can be used from here, in the image.
 *
 * @param index The index, http or https, with its credentials.
 * @param probing What all probes have in common.
 * @param options What a mirrors file says of it.
 */
export const probeServer = async (index: string, probing: Probing, options: IndexOptions = {}): Promise<Verdict> => {
  const url = new URL(index)
  // As pip does it: a project's page is below the index, with or without a slash at its end.
  url.pathname = url.pathname.replace(/\/*$/, '/')
  const server = askServer(url, probing, options)
  try {
    return answerVerdict(await ask(url, probing, options))
  } catch (error) {
    if (probing.signal.aborted && (await server.isThere)) {
      return { state: 'slow', reason: `its server answers, its index not in ${probing.seconds} s` }
    }
    return faultVerdict(error, probing)
  } finally {
    server.stop()
  }
}
