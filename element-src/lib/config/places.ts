import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../base/command.js'
import { ignoreErrors } from '../base/errors.js'

/** The formats of the installers' files. */
export type Format = 'pip' | 'setuptools' | 'uv'

/** A file of an installer, by the path by which that knows it in the image. */
export interface Place {
  readonly path: string
  readonly format: Format
}

/** root's home, in the image. */
export const rootsHome = '/root'

/** The system's folder of configuration for those whose environment names none (XDG Base Directory Specification). */
const usualSite = '/etc/xdg'

const sitesOf = (environment: Environment): readonly string[] =>
  (environment['XDG_CONFIG_DIRS'] || usualSite).split(delimiter).filter((site) => site.startsWith('/'))

/** What pip reads after the files of each site, and what uv reads if no site has one. */
export const etcPipConf = '/etc/pip.conf'
export const etcUvToml = '/etc/uv/uv.toml'
export const systemPipConf = join(usualSite, 'pip', 'pip.conf')
export const systemUvToml = join(usualSite, 'uv', 'uv.toml')

/** The files for the whole system. pip reads each of them, and uv the first that is there. */
const systemFiles = (sites: readonly string[]): readonly Place[] => [
  ...sites.flatMap((site): readonly Place[] => [
    { path: join(site, 'pip', 'pip.conf'), format: 'pip' },
    { path: join(site, 'uv', 'uv.toml'), format: 'uv' },
  ]),
  { path: etcPipConf, format: 'pip' },
]

/** A user's own files, in the order in which installers read them. */
export const userFiles = (home: string, configHome = join(home, '.config')): readonly Place[] => [
  { path: join(home, '.pip', 'pip.conf'), format: 'pip' },
  { path: join(home, '.pydistutils.cfg'), format: 'setuptools' },
  { path: join(configHome, 'uv', 'uv.toml'), format: 'uv' },
  { path: join(configHome, 'pip', 'pip.conf'), format: 'pip' },
]

/** What pip reads last: a file in the prefix of its Python. */
export const prefixFiles: readonly Place[] = ['/usr/pip.conf', '/usr/local/pip.conf'].map((path) => ({
  path,
  format: 'pip',
}))

/** pip's files in the order in which it reads them; the last wins (pip's documentation, Configuration). */
export const pipFiles = (environment: Environment): readonly string[] =>
  [
    ...systemFiles(sitesOf(environment)),
    ...userFiles(environment['HOME'] || rootsHome, environment['XDG_CONFIG_HOME'] || undefined),
    ...prefixFiles,
  ].flatMap(({ path, format }) => (format === 'pip' ? [path] : []))

/**
 * Where the installers of root look for files of their own, and those of every user: root's in /root, and in the home that
 * an element's environment.d gave the hooks, if it is there; every user's in each folder of XDG_CONFIG_DIRS that is there.
 * What only some images need to have mounted over is among them.
 */
export const placesOf = (
  environment: Environment,
): { readonly roots: readonly Place[]; readonly all: readonly Place[] } => {
  const home = environment['HOME'] ?? ''
  const homes = new Set([rootsHome, ...(home.startsWith('/') && existsSync(home) ? [home] : [])])
  const roots = [...homes].flatMap((one) => userFiles(one, environment['XDG_CONFIG_HOME'] || undefined))
  const sites = new Set([...sitesOf(environment).filter((site) => existsSync(site)), usualSite])
  return {
    roots: roots.filter(({ path }, i) => roots.findIndex((other) => other.path === path) === i),
    all: systemFiles([...sites]),
  }
}

/** A file's text, a character a byte; undefined if there is no regular file: a FIFO would keep a reader waiting. */
export const textAt = (path: string): string | undefined =>
  ignoreErrors(['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES'], () =>
    statSync(path).isFile() ? readFileSync(path, 'latin1') : undefined,
  )
