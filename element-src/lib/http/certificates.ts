import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import type { Environment } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'

/** Where distributions keep the authorities that the system trusts, in one file. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  // Fedora 44 has this one alone.
  '/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** The variables by which pip and Python are given others (pip's documentation, HTTPS Certificates; requests', SSL). */
const variables = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE']

/** A PEM file's text; undefined if there is none. A FIFO would keep a reader waiting. */
export const readPem = (path: string | undefined): string | undefined =>
  path
    ? ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'], () =>
        statSync(path).isFile() ? readFileSync(path, 'utf8') : undefined,
      )
    : undefined

/** Where pip brings its own authorities along (certifi's): a distribution's Node.js without ca-certificates has none. */
const certifi = (root: string): readonly string[] =>
  ['/usr/lib', '/usr/lib64', '/usr/local/lib', '/usr/local/lib64'].flatMap((folder) =>
    (ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES'], () => readdirSync(join(root, folder))) ?? [])
      .filter((name) => /^python3/.test(name))
      .flatMap((name) =>
        ['site-packages', 'dist-packages'].map((packages) =>
          join(folder, name, packages, 'pip/_vendor/certifi/cacert.pem'),
        ),
      ),
  )

/**
 * The authorities that pip may know here, besides those that Node.js brings along.
 *
 * @param cert The file that `cert =` in pip.conf names.
 * @param root Where the system's root is, seen from this process.
 * @returns What stands in their files, PEM.
 */
export const systemAuthorities = (environment: Environment, cert: string | undefined, root = '/'): readonly string[] =>
  [...variables.map((name) => environment[name]), cert, ...bundles, ...certifi(root)].flatMap(
    (path) => (path && readPem(join(root, path))) || [],
  )

/** The certificates of a PEM text. */
const split = (text: string): readonly string[] => text.match(/-----BEGIN .*?-----END [^-]*-----/gs) ?? []

/** What a client shows to servers, and what it trusts them by. */
export interface Trust {
  /** Whether all authorities of the system count, or those alone that Node.js brings along and has at once. */
  readonly takesAll: boolean
  /** One more, PEM. */
  readonly ca: string | undefined
  /** The client's own certificate, and its key, PEM. */
  readonly certificate: string | undefined
  readonly key: string | undefined
}

/**
 * Makes what TLS connections need.
 *
 * @throws OpenSSL's error if a PEM text is none.
 */
export const newContext = (
  { takesAll, ca, certificate, key }: Trust,
  environment: Environment,
  cert: string | undefined,
): SecureContext => {
  const system = takesAll ? systemAuthorities(environment, cert).flatMap(split) : []
  const more = [...system, ...(ca === undefined ? [] : [ca])]
  return createSecureContext({
    // A host's own are mostly those of Node.js, and reading one takes 0.4 ms.
    ...(more.length === 0 ? {} : { ca: [...new Set([...rootCertificates, ...more].map((text) => text.trim()))] }),
    ...(certificate === undefined ? {} : { cert: certificate, key: key ?? certificate }),
  })
}
