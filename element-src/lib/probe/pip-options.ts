import { join } from 'node:path'
import type { Environment } from '../base/environment.js'
import { parseConfigFile } from '../config/pip/config-file.js'
import { pipFiles, textAt } from '../config/places.js'
import type { PipOptions } from '../http/exchange.js'

/**
 * Reads proxy, cert and client-cert of the image's own files, of which root's stay in force for these while ours are
 * mounted over them. [install] wins over [global] whatever the file. The variables PIP_PROXY, PIP_CERT and
 * PIP_CLIENT_CERT, which win over all, are not looked at here.
 *
 * @param root Where the image's root is, seen from this process.
 */
export const readPipOptions = (environment: Environment, root = '/'): PipOptions => {
  const values = new Map<string, string>()
  for (const path of pipFiles(environment)) {
    for (const { section, key, value } of parseConfigFile(textAt(join(root, path)) ?? '').entries) {
      const name = `${section} ${key.replace(/^--/, '').replaceAll('_', '-')}`
      values.set(name, value)
    }
  }
  const option = (name: string): string | undefined =>
    values.get(`install ${name}`) || values.get(`global ${name}`) || undefined
  return { proxy: option('proxy'), cert: option('cert'), clientCert: option('client-cert') }
}
