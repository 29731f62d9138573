import { existsSync, readFileSync, statSync } from 'node:fs'
import type { Environment } from '../base/environment.js'
import { ignoreErrors } from '../base/errors.js'

/** Where distributions keep the authorities that the image trusts, in one file. */
const bundles = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]

/** The variables by which pip and Python are given others (pip's documentation, HTTPS Certificates; requests', SSL). */
const variables = ['PIP_CERT', 'REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE', 'SSL_CERT_FILE']

/**
 * The authorities that pip may know in the image, besides those that it and Node.js bring along.
 *
 * @param environment The environment that pip has.
 * @param cert The file that `cert =` in the image's pip.conf names.
 * @returns What stands in their files, PEM.
 */
export const imageCaCertificates = (environment: Environment, cert?: string): readonly string[] =>
  [
    ...variables.flatMap((name) => environment[name] || []),
    ...(cert ? [cert] : []),
    ...bundles.filter((path) => existsSync(path)),
  ].flatMap(
    (path) =>
      ignoreErrors(['ENOENT', 'ENOTDIR', 'EACCES'], () =>
        statSync(path).isFile() ? readFileSync(path, 'utf8') : [],
      ) ?? [],
  )
