import { readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../base/environment.js'
import { ignoreErrors } from '../base/errors.js'
import { parseConfigFile } from '../config/pip/config-file.js'
import type { PipOptions } from '../http/client.js'

/** pip's files in their order, in which the last wins (pip's documentation, Configuration). */
const filesOf = (environment: Environment): readonly string[] => {
  const home = environment['HOME'] || '/root'
  return [
    ...(environment['XDG_CONFIG_DIRS'] || '/etc/xdg').split(delimiter).map((folder) => join(folder, 'pip', 'pip.conf')),
    '/etc/pip.conf',
    join(home, '.pip', 'pip.conf'),
    join(environment['XDG_CONFIG_HOME'] || join(home, '.config'), 'pip', 'pip.conf'),
    '/usr/pip.conf',
    '/usr/local/pip.conf',
  ]
}

/** A file's text, of a regular file alone: a FIFO would keep a reader waiting. */
const textOf = (path: string): string =>
  ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'], () =>
    statSync(path).isFile() ? readFileSync(path, 'utf8') : '',
  ) ?? ''

/**
 * Reads proxy, cert and client-cert of the image's own files, of which root's stay in force for these while ours are
 * mounted over them. [install] wins over [global] whatever the file. The variables PIP_PROXY, PIP_CERT and
 * PIP_CLIENT_CERT, which win over all, are not looked at here.
 *
 * @param environment The environment that pip has.
 * @param root Where the image's root is, seen from this process.
 */
export const readPipOptions = (environment: Environment, root = '/'): PipOptions => {
  const values = new Map<string, string>()
  for (const path of filesOf(environment)) {
    for (const { section, key, value } of parseConfigFile(textOf(join(root, path))).entries) {
      const name = `${section} ${key.replace(/^--/, '').replaceAll('_', '-')}`
      values.set(name, value)
    }
  }
  const option = (name: string): string | undefined =>
    values.get(`install ${name}`) || values.get(`global ${name}`) || undefined
  return { proxy: option('proxy'), cert: option('cert'), clientCert: option('client-cert') }
}
