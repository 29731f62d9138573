import { createSecureContext } from 'node:tls'
import { UserError } from '../../base/errors.js'
import type { Index } from '../index-list.js'
import { pathOf, readHostFile } from './host-file.js'
import type { MirrorSection } from './sections.js'

const certificate = /^-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----/m
const key = /^-----BEGIN (?!ENCRYPTED)(?:[A-Z]+ )?PRIVATE KEY-----\r?\n(?!Proc-Type: 4,ENCRYPTED)/m

/** Whether OpenSSL, which the relay uses, can read them, and the key is that of the certificate. */
const isUsable = (files: { readonly cert: string; readonly key: string }): boolean => {
  try {
    createSecureContext(files)
    return true
  } catch {
    return false
  }
}

/**
 * Reads the PEM files of a section (RFC 7468).
 *
 * @returns What is in them, for each that is named.
 * @throws UserError if one cannot be read or is unusable: file, line and key.
 */
export const readPemFiles = (
  { values, place }: MirrorSection,
  mirrorsFile: string,
): Readonly<Pick<Index, 'ca' | 'clientCert' | 'clientKey'>> => {
  const read = (name: 'ca' | 'client-cert' | 'client-key', what: string, label: RegExp): string | undefined => {
    const named = values[name]
    if (named === undefined) return undefined
    const { path, text } = readHostFile(pathOf(named, mirrorsFile), `${place(name)} is`)
    if (!label.test(text))
      throw new UserError(`${place(name)} is ${path}, which holds no ${what} in PEM: name such a file`)
    return text
  }
  const ca = read('ca', 'certificate', certificate)
  const clientCert = read('client-cert', 'certificate', certificate)
  const clientKey = read('client-key', 'private key without a passphrase', key)
  if (clientCert !== undefined && clientKey === undefined && !key.test(clientCert)) {
    throw new UserError(
      `${place('client-cert')} holds no private key without a passphrase: name the file of its key in client-key`,
    )
  }
  if (clientCert !== undefined && !isUsable({ cert: clientCert, key: clientKey ?? clientCert })) {
    throw new UserError(`${place('client-cert')} and its private key do not belong together: name those that do`)
  }
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(clientCert === undefined ? {} : { clientCert }),
    ...(clientKey === undefined ? {} : { clientKey }),
  }
}
