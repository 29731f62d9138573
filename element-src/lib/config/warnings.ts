import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Environment } from '../base/command.js'
import { beatingIndexOptions } from './pip/pip-conf.js'
import { type Place, placesOf, prefixFiles, rootsHome, textAt, userFiles } from './places.js'
import { uvIndexKeysIn } from './uv/uv-toml.js'

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
  const text = textAt(join(root, path)) ?? ''
  if (format === 'setuptools') return []
  return format === 'pip' ? beatingIndexOptions(text) : uvIndexKeysIn(text)
}

/** The homes of the image's users, and the folder that new homes are made of. */
const homesIn = (root: string): readonly string[] => {
  const homes = (textAt(join(root, '/etc/passwd')) ?? '').split('\n').map((line) => line.split(':')[5] ?? '')
  return [...new Set(['/etc/skel', ...homes])].filter((home) => /^\/./.test(home))
}

/**
 * Looks for what beats our files, and is not mounted over: variables, the files in Python's prefix, and other users' own.
 *
 * @param environment The environment that hooks in the chroot have.
 * @returns A line for each, naming the variable or the file.
 */
export const competingSettings = (environment: Environment, root = '/'): readonly string[] => {
  const ofVariables = Object.entries(variables)
    .filter(([name]) => environment[name])
    .map(([name, effect]) => `${name} is set in the build's environment: ${effect}; unset it`)
  const mounted = placesOf(environment).roots.map(({ path }) => path)
  const mountedHomes = mounted.map((path) => dirname(dirname(path)))
  const warnings = (places: readonly Place[], why: string): readonly string[] =>
    places.flatMap((place) => {
      const keys = mounted.includes(place.path) ? [] : beatingKeys(place, root)
      return keys.length > 0 ? [`${place.path} in the image sets ${keys.join(', ')}: ${why}`] : []
    })
  const home = environment['HOME'] ?? ''
  // Nothing is made in the place of a home that is not there yet, so that `useradd --create-home` works.
  const isMissing = home.startsWith('/') && home !== rootsHome && !existsSync(join(root, home))
  return [
    ...ofVariables,
    ...warnings(prefixFiles, 'pip reads it last, so that it beats the mirrors; remove it'),
    ...warnings(
      homesIn(root).flatMap((one) => (mountedHomes.includes(one) ? [] : userFiles(one))),
      'it beats the mirrors for the user whose file it is; write it in finalise.d instead',
    ),
    ...(isMissing
      ? [
          `HOME is ${home}, which the image does not have yet. There easy_install, pip 1.5 and uv before 0.4.26 do not find the mirrors: create the folder in root.d`,
        ]
      : []),
  ]
}
