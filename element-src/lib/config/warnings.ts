import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Environment } from '../base/command.js'
import { textAt } from '../base/files.js'
import { redact } from '../http/url.js'
import { textInRoot } from '../image/path-in-root.js'
import type { Applied } from './apply.js'
import { dialects } from './merge.js'
import { type Entry, isBeating } from './pip/config-file.js'
import {
  etcUvToml,
  type Format,
  type Place,
  placesOf,
  prefixFiles,
  rootsHome,
  systemPipConf,
  systemUvToml,
  userFiles,
} from './places.js'

/** What each variable does to the mirrors (pip's documentation, Configuration; uv's, Environment variables). */
const variables: Readonly<Record<string, string>> = {
  PIP_INDEX_URL: 'pip asks it instead of the first mirror',
  PIP_PYPI_URL: 'pip asks it instead of the first mirror',
  PIP_EXTRA_INDEX_URL: 'pip asks it instead of the further mirrors',
  PIP_FIND_LINKS: 'pip looks there as well',
  PIP_NO_INDEX: 'pip asks no mirror at all',
  PIP_TRUSTED_HOST:
    'pip trusts these hosts instead of the mirrors, and leaves out http mirrors that are not among them',
  PIP_CACHE_DIR: "pip keeps what it downloads there, with the mirrors' addresses, and it stays in the image",
  PIP_CONFIG_FILE: 'pip reads that file after ours, or none at all if it is /dev/null',
  PIP_ISOLATED: "pip does not read root's files, so no mirror",
  UV_INDEX_URL: 'uv asks it instead of the last index',
  UV_DEFAULT_INDEX: 'uv asks it instead of the last index',
  UV_EXTRA_INDEX_URL: 'uv asks it before the mirrors',
  UV_INDEX: 'uv asks it before the mirrors',
  UV_FIND_LINKS: 'uv looks there as well',
  UV_CACHE_DIR: "uv keeps what it downloads there, with the mirrors' addresses, and it stays in the image",
  UV_CONFIG_FILE: 'uv reads that file instead of ours, so no mirror',
  UV_NO_CONFIG: 'uv does not read our file, so no mirror',
}

/** The keys of a file by which an installer goes past ours; a user's uv.toml is read besides the system's. */
const beatingKeys = ({ path, format }: Place, root: string): readonly string[] => {
  if (format === 'setuptools') return []
  const { read, settingOf, indexSettings } = dialects[format]
  const entries = read(textAt(join(root, path)) ?? '').entries.filter((entry) => format === 'uv' || isBeating(entry))
  const found = entries.map(settingOf)
  return indexSettings.filter((setting) => found.includes(setting))
}

/** The homes of the image's users, and the folder that new homes are made of. */
const homesIn = (root: string): readonly string[] => {
  const homes = (textAt(join(root, '/etc/passwd')) ?? '').split('\n').map((line) => line.split(':')[5] ?? '')
  return [...new Set(['/etc/skel', ...homes])].filter((home) => /^\/./.test(home))
}

/** Looks for what beats our files, and is not mounted over: variables, the files in Python's prefix, and other users' own. */
export const competingSettings = (environment: Environment, root = '/'): readonly string[] => {
  const warnings = Object.entries(variables)
    .filter(([name]) => environment[name])
    .map(([name, effect]) => `${name} is set in the build's environment: ${effect}; unset it`)
  const mounted = placesOf(environment).map(({ path }) => path)
  const look = (places: readonly Place[], why: string): void => {
    for (const place of places.filter(({ path }) => !mounted.includes(path))) {
      const keys = beatingKeys(place, root).join(', ')
      if (keys) warnings.push(`${place.path} in the image sets ${keys}: ${why}`)
    }
  }
  look(prefixFiles, 'pip reads it last, so that it beats the mirrors; remove it')
  look(
    // XDG_CONFIG_HOME has only this one of root's files where it always is.
    homesIn(root).flatMap((one) => (mounted.includes(join(one, '.pydistutils.cfg')) ? [] : userFiles(one))),
    'it beats the mirrors for the user whose file it is; write it in finalise.d instead',
  )
  const home = environment['HOME'] ?? ''
  // Nothing is made in the place of a home that is not there yet, so that `useradd --create-home` works.
  if (home.startsWith('/') && home !== rootsHome && !existsSync(join(root, home)))
    warnings.push(
      `HOME is ${home}, which the image does not have yet. There easy_install, pip 1.5 and uv before 0.4.26 do not find the mirrors: create the folder in root.d`,
    )
  return warnings
}

const words = (value: unknown): readonly string[] => {
  if (typeof value === 'string') return value.split(/\s+/).filter(Boolean)
  if (Array.isArray(value)) return value.flatMap(words)
  return typeof value === 'object' && value !== null && 'url' in value ? words(value.url) : []
}

/**
 * The indexes and the folders of packages that a file of an installer names, without their passwords, each with whether it is
 * asked: pip does not ask those of [global], which our sections of each command beat. What no installer could read names none.
 */
export const namedIndexes = (format: Format, text: string): ReadonlyMap<string, boolean> => {
  const { read, settingOf } = dialects[format]
  const settings = ['index-url', 'extra-index-url', 'find-links', ...(format === 'uv' ? ['index'] : [])]
  const entries = read(text).entries.filter((entry) => settings.includes(settingOf(entry)))
  // If ours has no find-links, [global]'s stays in force.
  const isAsked = (entry: Entry): boolean =>
    format !== 'pip' || entry.path[0] !== 'global' || settingOf(entry) === 'find-links'
  const urls = entries.flatMap((entry) => words(entry.value).map((url) => [redact(url), isAsked(entry)] as const))
  // One that is both is asked.
  return new Map([...urls.filter(([, asked]) => !asked), ...urls.filter(([, asked]) => asked)])
}

/**
 * Looks for indexes that another hook wrote into the image's files while the build ran: from then on installers asked them
 * besides the mirrors, also if DIB_NO_PYPI_PIP or DIB_OFFLINE keep the official index away.
 */
export const lateIndexes = (root: string, { files, others }: Applied): readonly string[] =>
  [...files, ...others].flatMap(({ path, format, own = '' }) => {
    const before = namedIndexes(format, own)
    const late = [...namedIndexes(format, textInRoot(root, path) ?? '')].filter(([url]) => !before.has(url))
    const say = (isAsked: boolean, what: string): readonly string[] => {
      // A file that took the place of the system's took our sections away.
      const urls = late.flatMap(([url, asked]) => ((asked || path === systemPipConf) === isAsked ? [url] : []))
      return urls.length > 0 ? [`another element set ${urls.join(', ')} in ${path}${what}`] : []
    }
    return [
      ...say(true, ', so installers asked there too from then on: to have it in the image only, set it in finalise.d'),
      ...say(
        false,
        ', [global]: the image has it, but in this build pip asked only the mirrors. To have pip ask it, set it in [install]',
      ),
    ]
  })

/**
 * Warns of an /etc/uv/uv.toml that came or changed after ours took its place, unless uv read it behind our lines
 * (environment.d/02-follow-system-uv.bash).
 */
export const unreadUvToml = (root: string, stage: string, { files }: Applied, before?: string): readonly string[] => {
  const now = textInRoot(root, etcUvToml)
  const ours = files.find(({ path }) => path === systemUvToml)
  if (now === undefined || now === before || ours === undefined || ours.own !== undefined) return []
  if ((textAt(join(stage, ours.source)) ?? '').trimEnd().endsWith(now.trimEnd())) return []
  return [
    `another element wrote ${etcUvToml} during the build, but uv read ours instead: if uv needs it in the build, write it in root.d`,
  ]
}
