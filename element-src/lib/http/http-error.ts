import { errorCode, errorMessage } from '../base/errors.js'

/** Why a server gave nothing. The message is for the log and for installers: it says what the server did, and no credential. */
export class HttpError extends Error {
  override name = 'HttpError'

  /**
   * @param message What the server did, with itself as the subject left out: 'refuses the connection'.
   * @param kind What is behind it: no connection, or one that broke; an answer that says so; an answer that cannot be used.
   * @param isTransient Whether it may pass, so that the same request is worth another try.
   * @param isAboutCertificate Whether it is that the server's certificate is not trusted.
   */
  constructor(
    message: string,
    readonly kind: 'connection' | 'status' | 'content',
    readonly isTransient: boolean,
    readonly isAboutCertificate = false,
  ) {
    super(message)
  }
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: 'broke the connection off',
  EPIPE: 'broke the connection off',
  ECONNABORTED: 'broke the connection off',
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'cannot be reached: no route to host',
  ENETUNREACH: 'cannot be reached: no route to its network',
  ENOTFOUND: 'has a host name that is not known',
  EAI_AGAIN: 'has a host name that no name server knows now',
  EPROTO: 'does not speak TLS',
  HPE_HEADER_OVERFLOW: 'sends more than 1 MB of headers',
}

/** The faults of a certificate, as OpenSSL and Node.js name them (Node.js' documentation, tls, X509 certificate error codes). */
const isAboutCertificate = (code: string): boolean =>
  /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CRL|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH/.test(code)

/**
 * Says what went wrong with a request.
 *
 * @param error What Node.js failed with.
 */
export const faultOf = (error: unknown): HttpError => {
  if (error instanceof HttpError) return error
  // Of several addresses each has its own fault.
  const first = error instanceof AggregateError ? error.errors[0] : error
  const code = errorCode(first) ?? ''
  if (isAboutCertificate(code)) {
    return new HttpError(
      `has a certificate that the host does not trust (${code}): install its CA on the host, or name the host in DIB_PYPI_TRUSTED_HOST`,
      'connection',
      false,
      true,
    )
  }
  const isHttp = code.startsWith('HPE_')
  const reason = reasons[code] ?? (isHttp ? `does not speak HTTP (${code})` : `fails: ${errorMessage(first)}`)
  return new HttpError(reason, 'connection', !isHttp)
}

/** The statuses that may pass: of a server that is overloaded, restarting, or behind a proxy that finds it away. */
export const isTransientStatus = (status: number): boolean => status >= 500 || status === 429 || status === 408

/**
 * What an answer says that is no success.
 *
 * @param status Its HTTP status.
 */
export const statusFault = (status: number): HttpError => {
  if (status === 401) return new HttpError('rejects the credentials in its URL (401)', 'status', false)
  if (status === 403) return new HttpError('does not allow this with the credentials in its URL (403)', 'status', false)
  if (status === 407) return new HttpError('is behind a proxy that rejects its credentials (407)', 'connection', false)
  return new HttpError(`answers ${status}`, 'status', isTransientStatus(status))
}
