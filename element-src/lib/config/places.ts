import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Environment } from '../base/command.js'

/** The formats of the installers' files. */
export type Format = 'pip' | 'setuptools' | 'uv'

/** A file of an installer, by the path by which that knows it in the image. */
export interface Place {
  readonly path: string
  readonly format: Format
  /** Whether every user's installer reads it, not one user's alone. */
  readonly isForEveryone: boolean
}

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

const placeAt = (path: string, format: Format, isForEveryone = false): Place => ({ path, format, isForEveryone })

/** The files for the whole system. pip reads each of them, and uv the first that is there. */
const systemFiles = (sites: readonly string[]): readonly Place[] => [
  ...sites.flatMap((site) => [
    placeAt(join(site, 'pip', 'pip.conf'), 'pip', true),
    placeAt(join(site, 'uv', 'uv.toml'), 'uv', true),
  ]),
  placeAt(etcPipConf, 'pip', true),
]

/** A user's own files, in the order in which installers read them. */
export const userFiles = (home: string, configHome = join(home, '.config')): readonly Place[] => [
  placeAt(join(home, '.pip', 'pip.conf'), 'pip'),
  placeAt(join(home, '.pydistutils.cfg'), 'setuptools'),
  placeAt(join(configHome, 'uv', 'uv.toml'), 'uv'),
  placeAt(join(configHome, 'pip', 'pip.conf'), 'pip'),
]

/** What pip reads last: a file in the prefix of its Python. */
export const prefixFiles = ['/usr/pip.conf', '/usr/local/pip.conf'].map((path) => placeAt(path, 'pip', true))

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
 * What only some images need to have mounted over is among them. A place that is both is everyone's.
 */
export const placesOf = (environment: Environment): readonly Place[] => {
  const home = environment['HOME'] ?? ''
  const homes = [rootsHome, ...(home.startsWith('/') && existsSync(home) ? [home] : [])]
  const roots = homes.flatMap((one) => userFiles(one, environment['XDG_CONFIG_HOME'] || undefined))
  const sites = [...sitesOf(environment).filter((site) => existsSync(site)), usualSite]
  return [...new Map([...roots, ...systemFiles(sites)].map((place) => [place.path, place])).values()]
}
