import { errorCode, errorMessage } from '../base/errors.js'
import { redact } from '../http/credentials.js'
import { NotHttpError } from '../http/http-head.js'
import { ProxyError } from '../http/request.js'
import type { ProbeResult } from './probe-folder.js'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection is refused',
  ECONNRESET: 'the server closes the connection without an answer',
  EPIPE: 'the server closes the connection without an answer',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'no route to its network',
  ENOTFOUND: 'its host is not known',
  EAI_AGAIN: 'no name server knows its host now',
  EPROTO: 'it does not speak TLS',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_PACKET_LENGTH_TOO_LONG: 'it does not speak TLS',
}

/** How an alert of the server's about the client's certificate is named: of TLS 1.3, of 1.2, and where it is refused. */
const aboutClient =
  /ALERT_(?:CERTIFICATE_REQUIRED|HANDSHAKE_FAILURE|BAD_CERTIFICATE|UNKNOWN_CA|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|UNSUPPORTED_CERTIFICATE)/

/** The fault itself: of several addresses each has its own, and a proxy's is wrapped. */
const innermost = (error: unknown): unknown => {
  const first = error instanceof AggregateError ? error.errors[0] : error
  return first instanceof ProxyError ? innermost((first as { cause?: unknown }).cause) : first
}

/** Whether nothing listens at any of a server's addresses. */
export const isRefusal = (error: unknown): boolean =>
  error instanceof AggregateError ? error.errors.every(isRefusal) : errorCode(innermost(error)) === 'ECONNREFUSED'

/** The faults of a certificate, as OpenSSL and Node.js name them (Node.js' documentation, tls, X509 certificate error codes). */
export const isAboutCertificate = (error: unknown): boolean => {
  const code = errorCode(innermost(error)) ?? ''
  return (
    !code.includes('ALERT') &&
    /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CRL|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH/.test(code)
  )
}

/** Who asks: installers in the image; the relay on the host; or the relay, for the mirrors file that names the index. */
export type Asker = 'image' | 'host' | 'file'

const clientSetting = (asker: Asker): string =>
  asker === 'file' ? 'client-cert in the mirrors file' : 'PIP_CLIENT_CERT'

/** What a server that wants a client's certificate lacks. */
export const clientCertificateReason = (hasOne: boolean, asker: Asker): string => {
  if (asker === 'file') {
    return hasOne
      ? 'it rejects the certificate of client-cert in the mirrors file'
      : 'it wants a client certificate: name a PEM file of the host in client-cert of the mirrors file'
  }
  const place = asker === 'image' ? 'in the image' : 'of the host'
  return hasOne
    ? 'it rejects the client certificate of PIP_CLIENT_CERT'
    : `it wants a client certificate: name a PEM file ${place}, with the certificate and its key, in PIP_CLIENT_CERT${asker === 'image' ? ' (uv: SSL_CLIENT_CERT)' : ''}`
}

/** What to do where a certificate is not trusted. */
export const untrusted = (host: string, code: string, asker: Asker): string => {
  if (asker === 'file') {
    return `the host does not trust the certificate (${code}): name its CA in ca of the mirrors file, or install it on the host`
  }
  if (asker === 'host') {
    return `the host does not trust the certificate (${code}): install its CA on the host, or name the host ${host} in DIB_PYPI_TRUSTED_HOST`
  }
  return `the image does not trust the certificate (${code}): install its CA in the image, in root.d (an element's pre-install.d comes too late), or name the host ${host} in DIB_PYPI_TRUSTED_HOST`
}

/** What a fault was met in. */
export interface FaultContext {
  readonly url: URL
  /** The proxy on the way. */
  readonly proxy: URL | undefined
  readonly hasClientCertificate: boolean
  readonly asker: Asker
  /** How long it could take in all, in seconds. */
  readonly seconds: number
  /** Whether that time is over. */
  readonly isOver: boolean
}

/**
 * What becomes of an index that gave no answer.
 *
 * @param error What was caught.
 * @param context What it was met in.
 */
export const faultResult = (error: unknown, context: FaultContext): ProbeResult => {
  const { url, proxy, hasClientCertificate, asker, seconds, isOver } = context
  const named = proxy && redact(proxy.href.replace(/\/$/, ''))
  if (error instanceof ProxyError) {
    const { cause } = error as { cause?: unknown }
    const { reason } = faultResult(cause, { ...context, proxy: undefined })
    return { state: 'down', reason: `its proxy ${named}: ${reason}` }
  }
  const through = named === undefined ? '' : ` through its proxy ${named}`
  if (isOver) return { state: 'down', reason: `no answer${through} in ${seconds} s` }
  if (error instanceof NotHttpError) {
    return { state: 'odd', reason: `what came${through} is no HTTP` }
  }
  const fault = innermost(error)
  const code = errorCode(fault) ?? ''
  if (aboutClient.test(code)) return { state: 'refuses', reason: clientCertificateReason(hasClientCertificate, asker) }
  if (code.startsWith('ERR_OSSL_')) {
    return {
      state: 'refuses',
      reason: `${clientSetting(asker)} names no PEM file with a certificate and its key: fix it`,
    }
  }
  if (hasClientCertificate && code === 'ECONNRESET') {
    return {
      state: 'refuses',
      reason: `${reasons[code]}, having seen the client certificate of ${clientSetting(asker)}`,
    }
  }
  if (isAboutCertificate(fault)) return { state: 'refuses', reason: untrusted(url.hostname, code, asker) }
  return { state: 'down', reason: `${reasons[code] ?? errorMessage(fault)}${through && ` (${through.trim()})`}` }
}
