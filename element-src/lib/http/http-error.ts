import { errorCode, errorMessage } from '../base/errors.js'

/**
 * What is behind an HttpError. `connection`: there was none, or it broke. `tls`: the certificate of the server, or that of
 * the client, is not accepted. `proxy`: the user's proxy is at fault, or makes no connection. `odd`: what came is not HTTP,
 * or cannot be read. `redirect`: it leads nowhere. `aborted`: the caller's signal ended it.
 */
type HttpErrorKind = 'connection' | 'tls' | 'proxy' | 'odd' | 'redirect' | 'aborted'

/** Why there is no answer, or no whole one. No credential is in it. */
export class HttpError extends Error {
  override name = 'HttpError'

  /**
   * @param message What the server did, with itself as the subject left out: 'refuses the connection'.
   * @param code Node.js' or OpenSSL's, if there is one.
   */
  constructor(
    readonly kind: HttpErrorKind,
    message: string,
    readonly code?: string,
  ) {
    super(message)
  }
}

/** Who asks: installers in the image, the relay on the host, or the relay for a mirrors file. Messages suggest a remedy for that place. */
export type Asker = 'image' | 'host' | 'file'

export interface FaultContext {
  readonly asker: Asker
  readonly host: string
  /** Whether a certificate of the client's was shown. */
  readonly hasClientCertificate: boolean
}

const reset = 'closes the connection without an answer'

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection',
  ECONNRESET: reset,
  ECONNABORTED: reset,
  EPIPE: reset,
  ETIMEDOUT: 'does not answer',
  EHOSTUNREACH: 'cannot be reached: no route to host',
  ENETUNREACH: 'cannot be reached: no route to its network',
  ENOTFOUND: 'has a host name that is not known',
  EAI_AGAIN: 'has a host name that no name server knows now',
}

/** The faults of a certificate, as OpenSSL and Node.js name them (Node.js' documentation, tls, X509 certificate error codes). */
const aboutCertificate =
  /CERT|SELF_SIGNED|UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|CRL|INVALID_CA|INVALID_PURPOSE|HOSTNAME_MISMATCH/

/** How a server says that the client's certificate is missing (TLS 1.3, 1.2) or refused. Node.js has it in a code or, with EPROTO, in the message alone. */
const aboutClient =
  /alert.(?:certificate.required|handshake.failure|bad.certificate|unknown.ca|certificate.unknown|certificate.expired|certificate.revoked|unsupported.certificate|access.denied)/i

const notTls = /wrong.version.number|packet.length.too.long|http.request/i

/** The fault itself: of several addresses each has its own. */
const innermost = (error: unknown): unknown => (error instanceof AggregateError ? error.errors[0] : error)

/** Whether the server's certificate is at fault. */
export const isAboutCertificate = (error: unknown): boolean => {
  const code = errorCode(innermost(error)) ?? ''
  return !code.includes('ALERT') && !code.startsWith('ERR_OSSL_') && aboutCertificate.test(code)
}

const settingOf = (asker: Asker): string => (asker === 'file' ? 'client-cert in the mirrors file' : 'PIP_CLIENT_CERT')

const wanted: Readonly<Record<Asker, string>> = {
  image:
    'wants a client certificate: name a PEM file in the image, with the certificate and its key, in PIP_CLIENT_CERT (uv: SSL_CLIENT_CERT)',
  host: 'wants a client certificate: name a PEM file of the host, with the certificate and its key, in PIP_CLIENT_CERT',
  file: 'wants a client certificate: name a PEM file of the host in client-cert of the mirrors file',
}

/** What a server that wants a client's certificate lacks. */
export const clientCertificateFault = ({ asker, hasClientCertificate }: Omit<FaultContext, 'host'>): string =>
  hasClientCertificate ? `rejects the client certificate of ${settingOf(asker)}` : wanted[asker]

/** What to do about a certificate that is not trusted. To switch verification off is the last advice, with its price. */
const untrusted = ({ asker, host }: FaultContext, code: string): string => {
  const last = `DIB_PYPI_TRUSTED_HOST=${host} would switch verification off, so that anybody on the way can change packages`
  if (asker === 'file')
    return `has a certificate that the host does not trust (${code}): name its CA in the mirrors file (ca), or install it on the host`
  return asker === 'host'
    ? `has a certificate that the host does not trust (${code}): install its CA on the host, or name it in a mirrors file (DIB_PYPI_MIRRORS, ca). ${last}`
    : `has a certificate that the image does not trust (${code}): name its CA in a mirrors file (DIB_PYPI_MIRRORS, ca), or install it in root.d. If the host trusts it, set DIB_PYPI_RELAY=always. ${last}`
}

/** Says what went wrong with a request; an HttpError stays what it is. */
export const faultOf = (error: unknown, context?: FaultContext): HttpError => {
  if (error instanceof HttpError) return error
  const fault = innermost(error)
  const code = errorCode(fault) ?? ''
  const text = `${code} ${errorMessage(fault)}`
  if (code === 'HPE_HEADER_OVERFLOW') return new HttpError('odd', 'sends more than 1 MB of headers', code)
  if (code.startsWith('HPE_')) return new HttpError('odd', `sends what is not HTTP (${code})`, code)
  if (context !== undefined) {
    const setting = settingOf(context.asker)
    if (aboutClient.test(text)) return new HttpError('tls', clientCertificateFault(context), code)
    if (code.startsWith('ERR_OSSL_'))
      return new HttpError('tls', `cannot be used: ${setting} is not a PEM file with a certificate and its key`, code)
    if (context.hasClientCertificate && reasons[code] === reset)
      return new HttpError('tls', `${reset}, having seen the client certificate of ${setting}`, code)
    if (isAboutCertificate(fault)) return new HttpError('tls', untrusted(context, code), code)
  }
  if (notTls.test(text)) return new HttpError('connection', 'does not speak TLS', code)
  if (code === 'EPROTO' || code.startsWith('ERR_SSL_'))
    return new HttpError('tls', `fails in the TLS handshake (${errorMessage(fault)})`, code)
  return new HttpError('connection', reasons[code] ?? `fails: ${errorMessage(fault)}`, code)
}
