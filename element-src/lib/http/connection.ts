import { Agent, request } from 'node:http'
import { connect, isIP, type Socket } from 'node:net'
import { join } from 'node:path'
import { createSecureContext, rootCertificates, type SecureContext, connect as tlsConnect } from 'node:tls'
import type { Environment } from '../base/command.js'
import { namesIn, textAt } from '../base/files.js'
import { faultOf, HttpError } from './http-error.js'
import { newSharedLookup } from './look-up.js'
import { authorization, credentialsOf, hostOf, isTls, portOf, redact } from './url.js'
import type { ClientOptions, Way } from './way.js'

/** Where distributions keep the authorities that the system trusts, in one file. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  // Fedora 44 has this one alone.
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** The variables by which pip and Python are given others, and `cert =` of pip.conf (pip's documentation, HTTPS Certificates; requests', SSL). */
const variables = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE']

/** Where pip brings its own authorities along (certifi's): a distribution's Node.js without ca-certificates has none. */
const certifi = (root: string): readonly string[] =>
  ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64'].flatMap((folder) =>
    namesIn(join(root, folder))
      .filter((name) => /^python3/.test(name))
      .flatMap((name) =>
        ['site-packages', 'dist-packages'].map((packages) =>
          join(folder, name, packages, 'pip/_vendor/certifi/cacert.pem'),
        ),
      ),
  )

/** The authorities that pip may know here, besides those that Node.js brings along: what stands in their files, PEM. */
export const systemAuthorities = (environment: Environment, root = '/'): readonly string[] =>
  [...variables.map((name) => environment[name]), ...bundles, ...certifi(root)].flatMap(
    (path) => (path && textAt(join(root, path), 'utf8')) || [],
  )

/** The certificates of a PEM text. */
const split = (text: string): readonly string[] => text.match(/-----BEGIN .*?-----END [^-]*-----/gs) ?? []

/** Where a connection leads, and how it is made. */
export type Route = ReturnType<ReturnType<typeof newRoutes>>

/** Makes what finds routes, with one context of TLS for each need. */
export const newRoutes = ({ environment, own, asker, lookup = newSharedLookup() }: ClientOptions) => {
  const contexts = new Map<string, SecureContext>()
  const contextFor = (takesAll: boolean, certificate?: string, key?: string): SecureContext => {
    const name = JSON.stringify([takesAll, certificate, key])
    const known = contexts.get(name)
    if (known !== undefined) return known
    const system = takesAll ? systemAuthorities(environment).flatMap(split) : []
    const more = [...system, ...(own?.ca === undefined ? [] : [own.ca])]
    const made = createSecureContext({
      // A host's own are mostly those of Node.js, and reading one takes 0.4 ms.
      ...(more.length === 0 ? {} : { ca: [...new Set([...rootCertificates, ...more].map((text) => text.trim()))] }),
      ...(certificate === undefined ? {} : { cert: certificate, key: key ?? certificate }),
    })
    contexts.set(name, made)
    return made
  }
  const howTo = (url: URL, verifies: boolean, takesAll: boolean, certificate?: string, key?: string) => ({
    lookup,
    rejectUnauthorized: verifies,
    secureContext: isTls(url) ? contextFor(takesAll, certificate, key) : undefined,
  })
  /**
   * @param takesAll Whether all authorities of the system count, or those alone that Node.js brings along and has at once.
   * @param gone When whoever asked first has gone.
   * @throws OpenSSL's error if a PEM text is none.
   */
  return (url: URL, { proxy, verifies, certificate, key }: Way, takesAll: boolean, gone: AbortSignal) => ({
    /** Connections with the same one are the same. */
    key: [proxy?.href, proxy && !isTls(url) ? '' : url.origin, takesAll].join(' '),
    url,
    proxy,
    how: howTo(url, verifies, takesAll, certificate, key),
    // DIB_PYPI_TRUSTED_HOST trusts the index, and the certificate is for the index.
    howToProxy: proxy && howTo(proxy, true, takesAll),
    asker,
    gone,
  })
}

/** How a proxy is called in messages. */
export const nameOf = (proxy: URL): string => redact(proxy.href.replace(/\/$/, ''))

export const proxyFault = (proxy: URL, what: string, code?: string): HttpError =>
  new HttpError('proxy', `is behind the proxy ${nameOf(proxy)}, which ${what}`, code)

/** What a proxy that answers 407 rejects. */
export const proxyRefusal = (proxy: URL): HttpError =>
  proxyFault(
    proxy,
    credentialsOf(proxy) === undefined
      ? 'wants credentials, and its URL has none (407)'
      : 'rejects the credentials in its URL (407)',
    '407',
  )

const open = (to: URL, how: Route['howToProxy'], over?: Socket): Socket => {
  const host = hostOf(to)
  const there = {
    ...how,
    host,
    port: Number(portOf(to)),
    // Node.js 18 tries one of several addresses unless it is told to, and later ones give each a quarter of a second.
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: 1000,
  }
  if (!isTls(to)) return over ?? connect(there)
  return tlsConnect({
    ...there,
    ...(over && { socket: over }),
    servername: isIP(host) > 0 ? '' : host,
    ALPNProtocols: ['http/1.1'],
  })
}

/** Opens a tunnel through a proxy (RFC 9110, 9.3.6). */
const tunnel = ({ url, howToProxy, asker, gone }: Route, proxy: URL): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const target = `${url.hostname}:${portOf(url)}`
    const sent = request({
      createConnection: () => open(proxy, howToProxy),
      method: 'CONNECT',
      path: target,
      headers: { Host: target, ...authorization('Proxy-Authorization', credentialsOf(proxy)) },
      signal: gone,
    })
    const refuse = (status: number | undefined): void => {
      sent.destroy()
      reject(status === 407 ? proxyRefusal(proxy) : proxyFault(proxy, `answers ${status}`))
    }
    sent.on('connect', ({ statusCode }, socket: Socket) => (statusCode === 200 ? resolve(socket) : refuse(statusCode)))
    sent.on('response', ({ statusCode }) => refuse(statusCode))
    sent.on('error', (error) => {
      const { message, code } = faultOf(error, { asker, host: hostOf(proxy), hasClientCertificate: false })
      // Not a second fault, if it is the one of `refuse`.
      reject(proxyFault(proxy, message, code))
    })
    sent.end()
  })

/** Makes what keeps connections: as many as uv asks for at once, and 16 for what the relay asks for ahead. One that is free is kept as long as its server keeps it. */
export const newAgent = (): Agent =>
  Object.assign(new Agent({ keepAlive: true, maxSockets: 66, maxFreeSockets: 50, scheduling: 'lifo' }), {
    getName: ({ route }: { route: Route }): string => route.key,
    createConnection: (
      { route }: { route: Route },
      done: (error: unknown, socket?: Socket) => void,
    ): Socket | undefined => {
      const { url, proxy, how, howToProxy } = route
      if (proxy === undefined) return open(url, how)
      if (!isTls(url)) return open(proxy, howToProxy)
      tunnel(route, proxy).then((socket) => done(null, open(url, how, socket)), done)
      return undefined
    },
  })
