import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A certificate with its key, and that of the authority that signed it; paths of PEM files. */
export interface Certificate {
  readonly authority: string
  readonly certificate: string
  readonly key: string
}

/** Of an elliptic curve: one of RSA takes a hundred times as long. */
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']

const opensslIn =
  (folder: string) =>
  (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: folder, stdio: 'ignore' })
  }

/**
 * Makes an authority of one's own and a certificate of it for 127.0.0.1.
 *
 * @param folder A folder to make, for the files.
 */
export const makeCertificate = (folder: string): Certificate => {
  mkdirSync(folder)
  const openssl = opensslIn(folder)
  openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-days', '2', '-subj', '/CN=test authority')
  openssl('req', ...newKey, '-keyout', 'server.key', '-out', 'server.csr', '-subj', '/CN=127.0.0.1')
  writeFileSync(join(folder, 'extensions'), 'subjectAltName = IP:127.0.0.1\n')
  const signing = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-extfile', 'extensions']
  openssl('x509', '-req', '-in', 'server.csr', ...signing, '-out', 'server.crt')
  return {
    authority: join(folder, 'ca.crt'),
    certificate: join(folder, 'server.crt'),
    key: join(folder, 'server.key'),
  }
}

/**
 * Makes a certificate by which a server knows a client, signed by the same authority.
 *
 * @returns The paths of the certificate and of its key, PEM.
 */
export const makeClientCertificate = (folder: string): Pick<Certificate, 'certificate' | 'key'> => {
  const openssl = opensslIn(folder)
  openssl('req', ...newKey, '-keyout', 'client.key', '-out', 'client.csr', '-subj', '/CN=builder')
  openssl('x509', '-req', '-in', 'client.csr', '-CA', 'ca.crt', '-CAkey', 'ca.key', '-days', '2', '-out', 'client.crt')
  return { certificate: join(folder, 'client.crt'), key: join(folder, 'client.key') }
}
